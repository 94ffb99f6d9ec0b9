"""Numbers of bytes in words."""

from __future__ import annotations


def size_in_words(size: int) -> str:
    """Bytes in decimal units."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
