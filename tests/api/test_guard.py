from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.guard import LOOPBACK_NAMES, Allowance, Policy, right_for
from api.keys import KeyFile
from index.errors import PinciteError, UsageError
from tests.api.fakes import FakeService, pincite
from tests.api.test_http import problem

ASK = {"question": "who"}


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path)


def serving(keys: KeyFile | None, policy: Policy) -> TestClient:
    return TestClient(create_app(FakeService, keys=keys, policy=policy))


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def basic(secret: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'me:{secret}'.encode()).decode()}"}


def test_a_key_is_stored_hashed_and_found_by_its_secret_alone(keys: KeyFile) -> None:
    key, secret = keys.new("press-desk", ("read",))
    other, another = keys.new("archive", ("read", "write"))
    assert secret not in (stored := Path(keys._path).read_text())
    assert json.loads(stored)[0]["digest"] != secret
    assert keys._path.stat().st_mode & 0o077 == 0
    assert keys.find(secret) == key
    assert keys.find(another) == other
    for wrong in ("", secret[:-1], key.digest, key.id, "é\ud800"):
        assert keys.find(wrong) is None
    assert keys.revoke("press-desk") == key
    assert keys.find(secret) is None
    assert KeyFile(keys._path.parent).all() == (other,)


def test_a_key_that_another_process_revokes_is_refused_at_once(keys: KeyFile) -> None:
    _, secret = keys.new("press", ("read",))
    with serving(keys, Policy(open_reads=False)) as client:
        assert client.get("/v1/sources", headers=bearer(secret)).status_code == 200
        KeyFile(keys._path.parent).revoke("press")
        assert client.get("/v1/sources", headers=bearer(secret)).status_code == 401


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a/b", "<b>", "a\n"])
def test_a_name_that_is_none_is_refused(keys: KeyFile, name: str) -> None:
    with pytest.raises(UsageError):
        keys.new(name, ("read",))


def test_a_file_that_cannot_be_read_lets_nobody_through(keys: KeyFile) -> None:
    for body in ("{", "[{}]", '[{"rights": ["all"], "digest": 5}]', "5"):
        keys._path.write_text(body)
        with pytest.raises(PinciteError):
            keys.all()
        with serving(KeyFile(keys._path.parent), Policy()) as client:
            problem(client.post("/v1/index/rebuild"), 500, "internal-error", "/v1/index/rebuild")
            assert client.get("/healthz").status_code == 200


def test_without_a_key_anybody_on_this_machine_may_do_anything(keys: KeyFile) -> None:
    with serving(keys, Policy()) as client:
        assert client.post("/v1/ask", json=ASK).status_code == 200
        # 503, for there is no folder: the guard let it through.
        assert client.post("/v1/index/rebuild").status_code == 503


def test_once_a_key_is_set_changing_needs_it_and_reading_does_not(keys: KeyFile) -> None:
    _, reader = keys.new("reader", ("read",))
    _, writer = keys.new("writer", ("read", "write"))
    path = "/v1/index/rebuild"
    with serving(keys, Policy()) as client:
        assert client.post("/v1/ask", json=ASK).status_code == 200
        response = client.post(path)
        problem(response, 401, "key-needed", path)
        assert "Bearer" in response.headers["www-authenticate"]
        problem(client.post(path, headers=bearer("pincite_wrong")), 401, "key-needed", path)
        problem(client.post(path, headers=bearer(reader)), 403, "forbidden", path)
        for headers in (bearer(writer), basic(writer)):
            assert client.post(path, headers=headers).status_code == 503
        for call in (client.delete("/v1/sources/x"), client.delete("/v1/jobs/x"),
                     client.post("/v1/jobs/x/restart"), client.post("/v1/sources")):  # fmt: skip
            assert call.status_code == 401


def test_beyond_this_machine_everything_needs_a_key(keys: KeyFile) -> None:
    _, secret = keys.new("reader", ("read",))
    policy = Policy(open_reads=False, open_writes=False)
    with serving(keys, policy) as client:
        for path in ("/v1/sources", "/v1/ask?q=who", "/metrics", "/v1/jobs", "/"):
            problem(client.get(path), 401, "key-needed", path.partition("?")[0])
        for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
            assert client.get(path).status_code == 200
        assert client.get("/v1/sources", headers=bearer(secret)).status_code == 200
        for wrong in ("Bearer", "Basic !", "Digest x", "Bearer  ", f"bearer {secret}x"):
            response = client.get("/v1/sources", headers={"authorization": wrong})
            assert response.status_code == 401
        keys.revoke("reader")
        # With the last key gone, nobody is let in, rather than everybody.
        assert client.get("/v1/sources").status_code == 401
        assert client.post("/v1/index/rebuild").status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200), ("localhost", 200), ("LOCALHOST:1", 200), ("[::1]:8000", 200),
        ("evil.example", 421), ("evil.example:8000", 421), ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421), ("169.254.1.1", 421), ("", 421), ("[::1", 421),
        ("a@localhost", 200),
    ],
)  # fmt: skip
def test_a_name_that_was_rebound_is_refused(host: str, status: int) -> None:
    with serving(None, Policy(hosts=LOOPBACK_NAMES)) as client:
        response = client.get("/v1/sources", headers={"host": host})
        assert response.status_code == status
        if status != 200:
            problem(response, 421, "misdirected-request", "/v1/sources")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
        {"origin": "http://testserver:81"}, {"sec-fetch-site": "same-site"}, {"origin": ""},
    ],
)  # fmt: skip
def test_a_page_of_another_site_changes_nothing(headers: dict[str, str]) -> None:
    with serving(None, Policy()) as client:
        for path in ("/v1/index/rebuild", "/v1/sources"):
            problem(client.post(path, headers=headers), 403, "forbidden", path)
        assert client.get("/v1/sources", headers=headers).status_code == 200


def test_the_services_own_page_may() -> None:
    with serving(None, Policy()) as client:
        headers = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
        assert client.post("/v1/index/rebuild", headers=headers).status_code == 503


def test_a_key_has_so_many_requests_a_minute(keys: KeyFile) -> None:
    _, secret = keys.new("busy", ("read",))
    _, other = keys.new("calm", ("read",))
    with serving(keys, Policy(open_reads=False, per_minute=3)) as client:
        for _ in range(3):
            assert client.get("/v1/sources", headers=bearer(secret)).status_code == 200
        response = client.get("/v1/sources", headers=bearer(secret))
        problem(response, 429, "too-many-requests", "/v1/sources")
        assert 1 <= int(response.headers["retry-after"]) <= 20
        assert client.get("/v1/sources", headers=bearer(other)).status_code == 200


def test_an_allowance_fills_again() -> None:
    now = [0.0]
    allowance = Allowance(60, lambda: now[0])
    assert [allowance.take("k") for _ in range(60)] == [0.0] * 60
    assert allowance.take("k") == pytest.approx(1.0)
    now[0] = 0.5
    assert allowance.take("k") == pytest.approx(0.5)
    now[0] = 1.0
    assert allowance.take("k") == 0.0
    now[0] = 1000.0
    assert [allowance.take("k") for _ in range(60)] == [0.0] * 60
    assert allowance.take("k") > 0


def test_which_right_a_call_needs() -> None:
    assert right_for("POST", "/v1/ask") == "read"
    assert right_for("PATCH", "/anything") == "write"
    assert right_for("GET", "/metrics") == "read"
    assert right_for("GET", "/healthz") is None


@pytest.fixture
def clients() -> Iterator[TestClient]:
    with serving(None, Policy()) as client:
        yield client


@pytest.mark.parametrize("path", ["/v1/sources", "/nowhere", "/docs", "/v1/ask?q=", "/healthz"])
def test_every_response_has_the_headers_of_security(clients: TestClient, path: str) -> None:
    headers = clients.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "access-control-allow-origin" not in headers


def test_the_commands_of_keys(tmp_path: Path) -> None:
    index = ["--index", str(tmp_path / "index")]
    made = pincite("key", "new", "desk", "--write", *index)
    assert made.status == 0
    secret = made.out.strip()
    assert "shown only now" in made.err
    keys = KeyFile(tmp_path / "index")
    found = keys.find(secret)
    assert found is not None
    assert found.rights == ("read", "write")
    assert pincite("key", "new", "desk", *index).status == 2
    listed = pincite("key", "list", *index)
    assert "desk" in listed.out
    assert secret not in listed.out
    shown = json.loads(pincite("key", "list", "--json", *index).out)
    assert shown["keys"][0]["rights"] == ["read", "write"]
    assert pincite("key", "revoke", "desk", *index).status == 0
    assert pincite("key", "revoke", "desk", *index).status == 2
    assert keys.all() == ()
