from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.configuration import ServeSettings
from api.jobs.files import JobPlan
from api.schemas import JobModel
from index.uploads import uploads_folder
from tests.api.fakes import FakeService, source
from tests.api.test_http import JSON, problem

WORKER = (sys.executable, "-m", "tests.api.jobs.fake_worker")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def client(index: Path) -> Iterator[TestClient]:
    settings = ServeSettings(upload_bytes=100_000)
    app = create_app(
        lambda: FakeService(), settings=settings,
        jobs=JobPlan(index, upload_bytes=settings.upload_bytes, worker=WORKER),
    )  # fmt: skip
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def job_of(response: Any) -> dict[str, Any]:
    assert response.status_code == 202, response.text
    job: dict[str, Any] = response.json()
    JobModel.model_validate(job, strict=True)
    assert response.headers["location"] == f"/v1/jobs/{job['id']}"
    assert job["status"] == "queued"
    return job


def ended(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    for _ in range(500):
        found: dict[str, Any] = client.get(f"/v1/jobs/{job['id']}").json()
        if found["status"] not in ("queued", "running"):
            return found
        time.sleep(0.02)
    raise AssertionError(f"it never ended: {found}")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"full": true}'])
def test_a_rebuild_is_a_job(client: TestClient, body: bytes) -> None:
    job = job_of(client.post("/v1/index/rebuild", content=body, headers=JSON if body else {}))
    assert (job["kind"], job["progress"]) == ("rebuild", {"done": 0, "total": None, "stage": None})
    found = ended(client, job)
    assert (found["status"], found["generation"], found["error"]) == ("done", 7, None)
    assert client.get("/v1/jobs").json()["jobs"] == [found]


def test_its_events_tell_of_its_way_and_its_end(client: TestClient) -> None:
    job = job_of(client.post("/v1/index/rebuild"))
    with client.stream("GET", f"/v1/jobs/{job['id']}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        text = "".join(response.iter_text())
    events = [block.split("\n") for block in text.strip().split("\n\n")]
    names = [event[0] for event in events]
    assert set(names[:-1]) <= {"event: progress"}
    assert names[-1] == "event: end"
    last = json.loads(events[-1][1].removeprefix("data: "))
    assert last == client.get(f"/v1/jobs/{job['id']}").json()


def test_a_file_is_kept_by_its_content_and_shown_by_its_name(
    client: TestClient, index: Path
) -> None:
    data = b"# The lamp\nIt is red.\n"
    fields = {"author": "M. Lind", "published": "2024-03-31"}
    response = client.post(
        "/v1/sources", files={"file": ("Über Lampen.MD", data, "text/markdown")}, data=fields
    )
    job = job_of(response)
    assert (job["kind"], job["title"]) == ("add", "Über Lampen")
    assert job["source"].startswith("src_")
    record = json.loads((index / "jobs" / f"{job['id']}.json").read_text())
    assert record["task"]["name"] == hashlib.sha256(data).hexdigest()[:32] + ".md"
    assert record["task"]["said"] == fields | {"name": "Über Lampen.MD"}
    assert ended(client, job)["status"] == "done"
    assert list((uploads_folder(index) / ".incoming").iterdir()) == [], "the job took it"


NAMES = [
    "../../../etc/cron.d/x.txt", "..\\..\\windows\\x.txt", "/etc/passwd.txt", "x\x00.txt",
    "a" * 900 + ".txt", "con.txt", ".hidden.txt", "<script>alert(1)</script>.txt", "‮txt.exe.txt",
    "x.txt/../../y.txt", "file:///x.txt", "%2e%2e%2fx.txt", "README.txt",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_name_ever_becomes_a_path(client: TestClient, index: Path, name: str) -> None:
    before = set(index.parent.parent.rglob("*"))
    job = job_of(client.post("/v1/sources", files={"file": (name, b"It is red.", "text/plain")}))
    ended(client, job)
    made = set(index.parent.parent.rglob("*")) - before
    for path in made:
        assert path.is_relative_to(index)
        assert path.name in {
            "uploads", ".incoming", "jobs", f"{job['id']}.json",
        } or path.name.startswith(".job_")  # fmt: skip


@pytest.mark.parametrize(
    ("files", "data", "status"),
    [
        ({}, {"title": "x"}, 415),
        ({"file": ("x.exe", b"MZ", "application/x-msdownload")}, {}, 415),
        ({"file": ("x", b"It is red.", "application/octet-stream")}, {}, 415),
        ({"file": ("x.txt", b"", "text/plain")}, {}, 422),
        ({"other": ("x.txt", b"x", "text/plain")}, {}, 422),
        ({"file": ("x.txt", b"x", "text/plain")}, {"published": "soon"}, 422),
        ({"file": ("x.txt", b"x", "text/plain")}, {"url": "javascript:alert(1)"}, 422),
        ({"file": ("x.txt", b"x", "text/plain")}, {"colour": "red"}, 422),
        ({"file": ("x.txt", b"x", "text/plain")}, {"title": "x" * 3000}, 422),
        ({"file": ("x.txt", b"x" * 100_001, "text/plain")}, {}, 413),
        ({"file": ("x.txt", b"x" * 300_000, "text/plain")}, {}, 413),
    ],
)
def test_a_form_that_is_none_is_refused(
    client: TestClient, index: Path, files: Any, data: dict[str, str], status: int
) -> None:
    response = client.post("/v1/sources", files=files, data=data)
    kinds = {413: "content-too-large", 415: "unsupported-media-type", 422: "invalid-request"}
    problem(response, status, kinds[status], "/v1/sources")
    incoming = uploads_folder(index) / ".incoming"
    assert not incoming.exists() or list(incoming.iterdir()) == []
    assert client.get("/v1/jobs").json() == {"jobs": []}


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n\r\n", b"\xff" * 1000, b"--x--\r\n"])
def test_a_broken_form_is_refused(client: TestClient, body: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    response = client.post("/v1/sources", content=body, headers=headers)
    problem(response, 422, "invalid-request", "/v1/sources")
    response = client.post(
        "/v1/sources", content=body, headers={"content-type": "multipart/form-data"}
    )
    problem(response, 422, "invalid-request", "/v1/sources")


def test_an_address_is_not_taken_unless_that_is_switched_on(client: TestClient) -> None:
    response = client.post("/v1/sources", json={"url": "https://example.org/"})
    problem(response, 403, "forbidden", "/v1/sources")
    response = client.post("/v1/sources", json={"url": 5})
    problem(response, 422, "invalid-request", "/v1/sources")
    response = client.post("/v1/sources", content=b"{", headers=JSON)
    problem(response, 400, "malformed-request", "/v1/sources")


def test_a_source_is_dropped_by_a_job(client: TestClient) -> None:
    job = job_of(client.delete(f"/v1/sources/{source().id}"))
    assert (job["kind"], job["source"], job["title"]) == (
        "delete", source().id, "Tajikistan's drones",
    )  # fmt: skip
    problem(client.delete("/v1/sources/src_none"), 404, "not-found", "/v1/sources/src_none")


def test_a_job_is_cancelled_once(client: TestClient) -> None:
    job = job_of(client.post("/v1/index/rebuild"))
    path = f"/v1/jobs/{job['id']}"
    response = client.delete(path)
    assert response.json()["status"] in ("cancelled", "done")
    problem(client.delete(path), 409, "conflict", path)
    problem(client.post(f"{path}/restart"), 409, "conflict", f"{path}/restart")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/jobs/job_none"), ("DELETE", "/v1/jobs/job_none"),
        ("GET", "/v1/jobs/job_none/events"), ("POST", "/v1/jobs/job_none/restart"),
        ("GET", "/v1/jobs/..%2flock"),
    ],
)  # fmt: skip
def test_a_job_that_is_none_is_404(client: TestClient, method: str, path: str) -> None:
    problem(client.request(method, path), 404, "not-found", path.replace("%2f", "/"))


def test_without_a_folder_there_are_no_jobs() -> None:
    with TestClient(create_app(FakeService)) as client:
        response = client.post("/v1/index/rebuild")
        problem(response, 503, "overloaded", "/v1/index/rebuild")
        assert int(response.headers["retry-after"]) > 0
