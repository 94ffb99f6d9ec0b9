"""The server over a real socket: what never ends, what is no HTTP, and how it stops."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.configuration import ServeSettings
from api.server import PatientProtocol, Server, make_server
from qa.types import Answer
from tests.api.fakes import FakeService


class Hasty(PatientProtocol):
    head_seconds = 0.3


class Slow(FakeService):
    """Takes its time, and says when it has begun."""

    begun = threading.Semaphore(0)
    go_on = threading.Event()

    def ask(self, question: str, **options: Any) -> Answer:
        self.begun.release()
        self.go_on.wait(10)
        return super().ask(question, **options)


@pytest.fixture
def service() -> Slow:
    service = Slow()
    service.begun, service.go_on = threading.Semaphore(0), threading.Event()
    return service


@pytest.fixture
def served(service: Slow) -> Iterator[tuple[Server, str, int]]:
    before = {name: list(logging.getLogger(name).handlers) for name in ("uvicorn", "pincite")}
    app = create_app(lambda: service, settings=ServeSettings(queue=3, deadline=20))
    listener = socket.create_server(("127.0.0.1", 0))
    server = make_server(app, form="json", patience=20, protocol=Hasty)
    thread = threading.Thread(target=server.run, args=[[listener]])
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = listener.getsockname()[1]
    yield server, f"http://127.0.0.1:{port}", port
    service.go_on.set()
    server.should_exit = True
    thread.join()
    for name, handlers in before.items():
        logger = logging.getLogger(name)
        logger.handlers[:] = handlers
        logger.propagate = True


def exchange(port: int, sent: bytes) -> tuple[bytes, bytes]:
    """What comes back until the server closes: head and body."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nx-never: ", 408),
        (b"", 408),
        (b"GET / HTTP/1.1\r\nHost: x\r\nx-long: " + b"x" * 33_000, 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"x-many: 1\r\n" * 3000, 400),
        (b"\x16\x03\x01 this is TLS\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n",
            400,
        ),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_a_head_that_never_ends_or_is_none_is_a_problem(
    served: tuple[Server, str, int], sent: bytes, status: int
) -> None:
    head, body = exchange(served[2], sent)
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status


def test_a_second_head_that_never_ends_ends_the_connection(
    served: tuple[Server, str, int],
) -> None:
    with socket.create_connection(("127.0.0.1", served[2]), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 OK" in connection.recv(65536)
        received = b""
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        while chunk := connection.recv(65536):
            received += chunk
    assert b"HTTP/1.1 408 " in received


def test_a_body_that_never_ends_is_cut_at_the_limit(served: tuple[Server, str, int]) -> None:
    head = b"POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    sent = head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk * 40
    head, body = exchange(served[2], sent)
    assert b" 413 " in head
    assert json.loads(body)["title"]


def ask(address: str, **options: float) -> httpx.Response:
    return httpx.get(f"{address}/v1/ask?q=who", timeout=options.get("timeout", 20))


def test_too_many_are_refused_at_once(served: tuple[Server, str, int], service: Slow) -> None:
    with ThreadPoolExecutor(20) as pool:
        inside = [pool.submit(ask, served[1]) for _ in range(4)]
        assert service.begun.acquire(timeout=10)
        until = time.monotonic() + 10
        while "pincite_queue_length 3.0" not in httpx.get(f"{served[1]}/metrics").text:
            assert time.monotonic() < until
        refused = [pool.submit(ask, served[1]) for _ in range(8)]
        for response in (future.result() for future in refused):
            assert response.status_code == 503
            assert response.json()["type"] == "urn:pincite:problem:overloaded"
            assert int(response.headers["retry-after"]) >= 1
        service.go_on.set()
        assert [future.result().status_code for future in inside] == [200] * 4


def test_a_client_that_goes_away_frees_its_place(
    served: tuple[Server, str, int], service: Slow
) -> None:
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, served[1])
        assert service.begun.acquire(timeout=10)
        with pytest.raises(httpx.ReadTimeout):
            ask(served[1], timeout=0.3)
        until = time.monotonic() + 10
        while "pincite_queue_length 0.0" not in httpx.get(f"{served[1]}/metrics").text:
            assert time.monotonic() < until
        service.go_on.set()
        assert first.result().status_code == 200
    assert len(service.asked) == 1


def test_stopping_finishes_what_runs_and_refuses_the_rest(
    served: tuple[Server, str, int], service: Slow
) -> None:
    with ThreadPoolExecutor(4) as pool:
        running = pool.submit(ask, served[1])
        assert service.begun.acquire(timeout=10)
        waiting = [pool.submit(ask, served[1]) for _ in range(2)]
        while "pincite_queue_length 2.0" not in httpx.get(f"{served[1]}/metrics").text:
            time.sleep(0.01)
        served[0].handle_exit(2, None)
        for response in (future.result() for future in waiting):
            assert response.status_code == 503
            assert "stopping" in response.json()["detail"]
        service.go_on.set()
        assert running.result().status_code == 200
