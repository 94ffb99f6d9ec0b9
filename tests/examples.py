"""Makes the examples of the OpenAPI document: `python -m tests.examples`.

Serves the corpus with what ships, makes every call, and keeps what was sent and what came back in
`api/examples.json`: an example that was never true misleads more than none. Run it again when an
answer's shape changes; `tests/api/test_examples.py` says so.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import chdir
from pathlib import Path
from typing import Any

import httpx

from api.annotations import MEDIA_TYPE
from api.examples import FILE
from benchmarks.serving import served
from qa.assembly import build
from qa.settings import load_settings
from tests.conftest import ROOT

Examples = dict[str, dict[str, Any]]

CORPUS = ROOT / "corpus"
QUESTION = "who supplied Tajikistan's drones"
NOTE = "# The ferry\n\nThe ferry from Kuryk to Alat began to sail in 2018.\n"
PATIENCE_SECONDS = 60.0


class Recorder:
    """Makes calls and keeps them, by operation (`post /v1/ask`)."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.examples: Examples = {}

    def call(
        self, method: str, path: str, *, at: dict[str, str] | None = None, keep: bool = True,
        **sent: Any,
    ) -> Any:  # fmt: skip
        """What came back. at: what stands in the path. sent: as httpx takes it; what is sent with
        the first call of an operation is its example."""
        response = self._client.request(method, path.format(**at or {}), **sent)
        media_type, _, _ = response.headers["content-type"].partition(";")
        said = response.json() if "json" in media_type else response.text
        if keep:
            known = self.examples.setdefault(f"{method.lower()} {path}", {"responses": {}})
            known.setdefault("parameters", {**(at or {}), **sent.get("params", {})})
            if "json" in sent:
                known.setdefault("body", sent["json"])
            status = known["responses"].setdefault(str(response.status_code), {})
            status.setdefault(media_type, said)
        return said


def record(client: httpx.Client) -> Examples:
    """Make the calls."""
    recorder = Recorder(client)
    call = recorder.call
    asked = {"question": QUESTION, "top_k": 1, "filters": {"since": "2022-01-01"}}
    answer = call("POST", "/v1/ask", json=asked)
    call("POST", "/v1/ask", json=asked, headers={"accept": MEDIA_TYPE})
    call("POST", "/v1/ask", json={"question": " "})
    call("GET", "/v1/ask", params={"q": "when did the TB2 first fly", "top_k": 1})
    call("POST", "/v1/search", json={"query": "Tajikistan drones", "top_k": 1})
    call("GET", "/v1/sources", params={"limit": 1})
    cited = answer["citations"][0]
    at = {"source_id": cited["source"]["id"]}
    call("GET", "/v1/sources/{source_id}", at=at)
    call("GET", "/v1/sources/{source_id}", at={"source_id": "src_0000000000000000"})
    call("GET", "/v1/sources/{source_id}/text", at=at, params=cited["quote_span"])
    added = call("POST", "/v1/sources", files={"file": ("ferry.md", NOTE, "text/markdown")})
    job = {"job_id": added["id"]}
    finish(recorder, job)
    call("GET", "/v1/jobs/{job_id}", at=job)
    call("GET", "/v1/jobs/{job_id}", at={"job_id": "job_0000000000000000"})
    call("GET", "/v1/jobs/{job_id}/events", at=job)
    call("GET", "/v1/jobs")
    call("DELETE", "/v1/jobs/{job_id}", at=job)
    call("POST", "/v1/jobs/{job_id}/restart", at=job)
    listed = call("GET", "/v1/sources", keep=False)["sources"]
    (ferry,) = (source for source in listed if source["title"] == "The ferry")
    removed = call("DELETE", "/v1/sources/{source_id}", at={"source_id": ferry["id"]})
    finish(recorder, {"job_id": removed["id"]})
    call("POST", "/v1/index/rebuild", json={})
    call("DELETE", "/v1/jobs/{job_id}", at={"job_id": call(
        "POST", "/v1/index/rebuild", json={}, keep=False)["id"]})  # fmt: skip
    call("GET", "/healthz")
    call("GET", "/readyz")
    return recorder.examples


def finish(recorder: Recorder, job: dict[str, str]) -> None:
    """Wait until a job has ended."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        found = recorder.call("GET", "/v1/jobs/{job_id}", at=job, keep=False)
        if found["status"] not in ("queued", "running"):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{job} did not end")


def main() -> None:
    # Elsewhere, so that no path of this machine stands in an answer.
    with tempfile.TemporaryDirectory() as name, chdir(name):
        shutil.copytree(CORPUS, "corpus")
        index = Path(".pincite")
        build([Path("corpus")], load_settings({"index": index}, environment={}))
        with served(index) as (address, _), httpx.Client(base_url=address, timeout=60) as client:
            # What a person types, not the port that was free.
            client.headers["host"] = "localhost:8000"
            examples = record(client)
    text = json.dumps(examples, indent=1, ensure_ascii=False)
    FILE.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
