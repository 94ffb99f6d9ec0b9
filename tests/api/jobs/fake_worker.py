"""A worker that does what its task says: for jobs without an index."""

from __future__ import annotations

import json
import sys
import time


def tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    order = json.loads(sys.stdin.readline())
    task = order["task"]
    tell(stage="reading", done=0, total=3)
    tell(done=2)
    time.sleep(task.get("seconds", 0))
    if "error" in task:
        tell(error=task["error"])
    elif not task.get("dies"):
        tell(generation=7, published=True, notes=["a.pdf: it is locked"])


if __name__ == "__main__":
    main()
