"""Passages in, cited answers out.

>>> from qa import Pincite
>>> Pincite.open(".pincite").ask("…").answer      # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.assembly import Pincite, build, remove, rollback

__all__ = ["Pincite", "build", "remove", "rollback"]


def __getattr__(name: str) -> Any:
    """Import the assembly when it is asked for: `qa.types` alone must not load models."""
    if name in __all__:
        import qa.assembly

        return getattr(qa.assembly, name)
    raise AttributeError(f"module 'qa' has no attribute {name!r}")
