"""The examples of the OpenAPI document: calls that were made, and what they answered.

`python -m tests.examples` makes the file, so that no example is made up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("examples.json")


def add_examples(document: Mapping[str, Any]) -> None:
    """Put into an OpenAPI document, for each of its calls that was made, what was sent and what
    came back."""
    made = json.loads(FILE.read_text(encoding="utf-8"))
    for path, item in document["paths"].items():
        for method, operation in item.items():
            example = made.get(f"{method} {path}")
            if example is not None:
                _fill(operation, example)


def _fill(operation: Mapping[str, Any], example: Mapping[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in example["parameters"]:
            parameter["example"] = example["parameters"][parameter["name"]]
    if "body" in example:
        operation["requestBody"]["content"]["application/json"]["example"] = example["body"]
    for status, bodies in example["responses"].items():
        content = operation["responses"][status]["content"]
        for media_type, body in bodies.items():
            content[media_type]["example"] = body
