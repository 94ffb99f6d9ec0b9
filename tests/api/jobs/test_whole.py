"""The whole way with the real models and a real worker: sent, indexed, asked, deleted."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from msgspec.structs import replace

from api.app import create_app
from api.configuration import ServeSettings
from api.jobs.files import job_plan
from index.generations import models_folder
from index.uploads import uploads_folder
from qa.assembly import Pincite, build
from qa.following import Following
from qa.settings import Settings

pytestmark = pytest.mark.models
TEXT = "# The harbour lamp\n\nThe harbour lamp of Veldmark was lit by Agnes Thorn in 1911.\n"


def ended(client: TestClient, response: Any) -> dict[str, Any]:
    assert response.status_code == 202, response.text
    for _ in range(1200):
        job: dict[str, Any] = client.get(response.headers["location"]).json()
        if job["status"] not in ("queued", "running"):
            return job
        time.sleep(0.1)
    raise AssertionError(f"it never ended: {job}")


def test_a_source_is_sent_asked_about_and_deleted(
    corpus_index: Settings, pincite: Pincite, tmp_path: Path
) -> None:
    assert pincite.generation == 1
    # The same models, already compiled, over an index of its own.
    models = models_folder(corpus_index.index, corpus_index.models)
    settings = replace(corpus_index, index=tmp_path / "index", models=models)
    (tmp_path / "mill.txt").write_text("The mill on the Ost was sold to Jonas Lind in 1906.\n")
    build([tmp_path / "mill.txt"], settings)
    following = Following(settings)
    plan = job_plan(settings, ServeSettings())
    with TestClient(create_app(following.open, mark=following.mark, jobs=plan)) as client:
        asked = {"question": "who lit the harbour lamp of Veldmark"}
        files = {"file": ("../lamp notes.md", TEXT.encode(), "text/markdown")}
        job = ended(client, client.post("/v1/sources", files=files))
        assert (job["status"], job["generation"], job["error"]) == ("done", 2, None)
        # Done means that the service answers from it.
        found = client.post("/v1/ask", json=asked).json()
        assert found["index"]["generation"] == 2
        assert found["answer"] == "Agnes Thorn"
        cited = found["citations"][0]["source"]
        assert cited["id"] == job["source"]
        assert cited["title"] == "The harbour lamp"
        broken = {"file": ("x.pdf", b"%PDF-1.4 no", "application/pdf")}
        failed = ended(client, client.post("/v1/sources", files=broken))
        assert failed["status"] == "failed"
        assert "broken" in failed["error"]
        gone = ended(client, client.delete(f"/v1/sources/{cited['id']}"))
        assert (gone["status"], gone["generation"]) == ("done", 3)
        assert client.get(f"/v1/sources/{cited['id']}").status_code == 404
        assert client.post("/v1/ask", json=asked).json()["answer"] != "Agnes Thorn"
        assert [p.name for p in uploads_folder(settings.index).iterdir()] == [".incoming"]
    shutil.rmtree(settings.index)
