"""What has broken systems of this kind, against every call that could have it."""

from __future__ import annotations

import io
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.jobs.files import JobPlan
from index.build import build
from index.errors import LoadError
from index.generations import Generations
from index.probing import probe
from tests.api.fakes import FakeService, source
from tests.api.test_http import JSON
from tests.fakes import FakeEmbedder
from tests.index.helpers import build_settings, write_files
from tests.qa.helpers import open_pincite

MARKUP = "<script>alert(1)</script>"
WORKER = (sys.executable, "-m", "tests.api.jobs.fake_worker")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    index = tmp_path_factory.mktemp("hostile") / "index"
    app = create_app(FakeService, jobs=JobPlan(index, allow_urls=True, worker=WORKER))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


IDS = [
    "..", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "/etc/passwd", "a\x00b",
    "....//", "..\\..\\x", "%252e%252e", "~root", "file:///etc/passwd", "' OR 1=1 --", "*", "?",
    "src_" + "0" * 100_00, "\u202e",
]  # fmt: skip


@pytest.mark.parametrize("identity", IDS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/sources/{}"), ("GET", "/v1/sources/{}/text"), ("DELETE", "/v1/sources/{}"),
        ("GET", "/v1/jobs/{}"), ("GET", "/v1/jobs/{}/events"), ("DELETE", "/v1/jobs/{}"),
        ("POST", "/v1/jobs/{}/restart"),
    ],
)  # fmt: skip
def test_no_id_becomes_a_path(client: TestClient, method: str, path: str, identity: str) -> None:
    response = client.request(method, path.format(identity.replace("\x00", "%00")))
    assert response.status_code in (200, 404, 405)
    if response.status_code == 200:
        # Some shorten to the list that their own path ends in.
        assert response.json() in (client.get("/v1/sources").json(), {"jobs": []})
    else:
        assert response.headers["content-type"] == "application/problem+json"
    assert "root:" not in response.text


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search", "/v1/sources", "/v1/index/rebuild"])
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 30_000, b'{"a":' * 10_000, b"[" * 1000 + b"]" * 1000,
        b'{"question":' * 1000 + b"1" + b"}" * 1000, b'{"url":' + b"[" * 1000 + b"]" * 1000 + b"}",
        b'{"question": "\\ud800"}', b"\x00" * 1000, b'{"question": 1e999999}', b"NaN",
    ],
)  # fmt: skip
def test_nested_and_broken_json_is_a_clear_error(
    client: TestClient, path: str, body: bytes
) -> None:
    response = client.post(path, content=body, headers=JSON)
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://10.0.0.1/",
        "http://169.254.169.254/latest/", "file:///etc/passwd", "gopher://x/", "http://a:b@c/",
        "http://", "x", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_an_address_that_is_private_is_refused_before_it_is_a_job(
    client: TestClient, address: str
) -> None:
    response = client.post("/v1/sources", json={"url": address})
    assert response.status_code == 422
    assert client.get("/v1/jobs").json() == {"jobs": []}


def docx_bomb() -> bytes:
    """A few hundred kilobytes that unpack to 300 MB."""
    packed = io.BytesIO()
    docx.Document().save(packed)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/media/bomb.xml", b" " * 300_000_000)
    return packed.getvalue()


def entity_bomb() -> bytes:
    """Entities that would grow tenfold with each of nine levels."""
    levels = "".join(
        f'<!ENTITY l{n} "{"".join(f"&l{n - 1};" for _ in range(10))}">' for n in range(1, 10)
    )
    body = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{levels}]><x>&l9;</x>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("word/document.xml", body)
    return packed.getvalue()


def pdf_bomb() -> bytes:
    """A page whose content is deflated twice, a gigabyte of blanks."""
    once = zlib.compressobj(9)
    stream = b"".join(once.compress(b" " * 2**20) for _ in range(1024)) + once.flush()
    twice = zlib.compress(stream, 9)
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%s\nendstream"
        % (len(twice), twice),
    ]  # fmt: skip
    body, offsets = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + (
        b"xref\n0 5\n0000000000 65535 f \n%strailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (table, len(body))
    )


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.docx", docx_bomb()), ("b.docx", entity_bomb()), ("c.pdf", pdf_bomb())],
    ids=["docx", "entities", "pdf"],
)
def test_a_bomb_goes_off_where_it_harms_nobody(tmp_path: Path, name: str, data: bytes) -> None:
    assert len(data) < 1_000_000
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LoadError):
        probe(tmp_path / name, seconds=20)


def test_markup_is_data_on_its_way_in_and_out(tmp_path: Path) -> None:
    index, sources = tmp_path / "index", tmp_path / "sources"
    text = f"The lamp is {MARKUP} today.\n"
    write_files(sources, {"<b>lamp<b>.txt": text})
    build(index, [sources], FakeEmbedder(), build_settings())
    app = create_app(
        lambda: open_pincite(index, {MARKUP: 5.0}), mark=Generations(index).pointer_mark
    )
    with TestClient(app) as client:
        question = f"what is the lamp {MARKUP}"
        response = client.post("/v1/ask", json={"question": question})
        assert response.headers["content-type"] == "application/json"
        assert response.headers["x-content-type-options"] == "nosniff"
        found = response.json()
        assert found["question"] == question
        assert found["passages"]
        for cited in found["citations"]:
            assert cited["quote"] in text
        held = client.get(f"/v1/sources/{found['passages'][0]['source']['id']}/text").json()
        assert held["text"] == text


def test_a_source_cannot_say_that_it_is_a_script(client: TestClient) -> None:
    assert client.get(f"/v1/sources/{source().id}").json()["url"] is None
    form = {"url": "javascript:alert(1)"}
    files = {"file": ("a.txt", b"It is red.", "text/plain")}
    assert client.post("/v1/sources", files=files, data=form).status_code == 422
