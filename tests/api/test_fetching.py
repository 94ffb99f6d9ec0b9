from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest

from api.fetching import Fetcher, checked_address
from api.jobs.receiving import Received
from api.pinning import FetchError, Rules, is_public
from index.errors import PinciteError, UsageError
from index.uploads import incoming_folder

HTML = {"content-type": "text/html; charset=utf-8"}
Answer = Callable[[BaseHTTPRequestHandler], None]


def answer(body: bytes, headers: Mapping[str, str] = HTML, status: int = 200) -> Answer:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return write


def leads_to(address: str) -> Answer:
    return answer(b"", {"location": address, "content-length": "0"}, 302)


class Site:
    """A web server on loopback that answers by path, and what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(f"{self.headers['host']}{self.path}")
                site.pages.get(self.path, answer(b"", {}, 404))(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01])
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def fetch(site: Site, index: Path, address: str, **options: object) -> Received:
    """Fetch over rules under which `public.test` and the site's port alone are public."""
    names = {"public.test": ["127.0.0.1"], "private.test": ["10.0.0.1"],
             "both.test": ["127.0.0.1", "10.0.0.1"], "none.test": []}  # fmt: skip

    def resolve(host: str, _port: int) -> list[str]:
        if host not in names:
            raise OSError("no such name")
        return names[host]

    rules = Rules(resolve, lambda a, port: str(a) == "127.0.0.1" and port == site.port)
    fetcher = Fetcher(**({"most": 10_000, "seconds": 5.0, "rules": rules} | options))  # type: ignore[arg-type]
    return fetcher.fetch(address.replace("PORT", str(site.port)), index)


def test_a_page_is_staged_with_where_it_came_from(site: Site, tmp_path: Path) -> None:
    site.pages["/lamp?colour=red"] = answer(b"<p>It is red.</p>")
    address = f"http://public.test:{site.port}/lamp?colour=red"
    received = fetch(site, tmp_path, f"{address}#part")
    assert received.staged.read_bytes() == b"<p>It is red.</p>"
    assert received.staged.parent == incoming_folder(tmp_path)
    assert received.name.endswith(".html")
    assert received.said == {"url": address, "name": "lamp"}
    assert site.asked == [f"public.test:{site.port}/lamp?colour=red"]


def test_redirects_are_followed_and_the_last_address_counts(site: Site, tmp_path: Path) -> None:
    site.pages["/a"] = leads_to("/b")
    site.pages["/b"] = leads_to(f"http://public.test:{site.port}/c.md")
    site.pages["/c.md"] = answer(b"It is red.", {"content-type": "text/plain"})
    received = fetch(site, tmp_path, "http://public.test:PORT/a")
    assert received.said["url"].endswith("/c.md")
    assert received.name.endswith(".md")


@pytest.mark.parametrize(
    "target",
    [
        "http://private.test/", "http://both.test:PORT/", "http://none.test/", "http://what.test/",
        "file:///etc/passwd", "gopher://public.test/", "ftp://public.test/",
        "http://127.0.0.1:PORT/secret", "http://[::1]:PORT/secret", "http://localhost:PORT/secret",
        "http://2130706433:PORT/secret", "http://0x7f000001:PORT/secret", "http://0177.0.0.1/",
        "http://127.1:PORT/secret", "http://[::ffff:127.0.0.1]:PORT/secret", "http://0/",
        "http://[::ffff:7f00:1]:PORT/secret", "http://169.254.169.254/latest/meta-data/",
        "http://user:word@public.test:PORT/secret", "http://public.test:1/", "http://", "//",
        "http://public.test@private.test/", "http://[fe80::1%25lo]/", "http://public.test:99999/",
    ],
)  # fmt: skip
def test_nothing_private_is_asked_directly_or_by_redirect(
    site: Site, tmp_path: Path, target: str
) -> None:
    target = target.replace("PORT", str(site.port))
    site.pages["/away"] = leads_to(target)
    site.pages["/secret"] = answer(b"secret")
    for address in (target, f"http://public.test:{site.port}/away"):
        with pytest.raises(PinciteError):
            fetch(site, tmp_path, address)
    assert all(asked.endswith("/away") for asked in site.asked)
    assert list(incoming_folder(tmp_path).iterdir()) == []


def test_a_name_that_changes_its_address_is_checked_each_time(site: Site, tmp_path: Path) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    looked_up: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return next(answers)

    # One resolution a connection: what is checked is what is connected to.
    rules = Rules(resolve, lambda a, _port: str(a) == "127.0.0.1")
    site.pages["/a"] = answer(b"", {"location": "/b", "connection": "close"}, 302)
    with pytest.raises(FetchError, match="not a public one"):
        fetch(site, tmp_path, "http://public.test:PORT/a", rules=rules)
    assert looked_up == ["public.test"] * 2
    assert len(site.asked) == 1


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "text/html")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        handler.wfile.write(f"x-{number}: 1\r\n".encode())
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("page", "options", "reason"),
    [
        (answer(b"x" * 10_001), {}, "more than 10000 bytes"),
        (answer(b"x", {"content-type": "image/png"}), {}, "kind"),
        (answer(b"x", {}), {}, "kind"),
        (answer(b"x", {**HTML, "content-encoding": "gzip"}), {}, "compressed"),
        (answer(b"x", HTML, 500), {}, "answers 500"),
        (answer(b"x", HTML, 204), {}, "answers 204"),
        (leads_to("/page"), {}, "leads on"),
        (drip, {"seconds": 0.3}, "too long"),
        (drip_headers, {"seconds": 0.3}, "too long|failed"),
        (answer(b"x", {**HTML, "content-length": "99"}), {}, "failed"),
    ],
)
def test_what_comes_is_bounded(
    site: Site, tmp_path: Path, page: Answer, options: dict[str, object], reason: str
) -> None:
    site.pages["/page"] = page
    with pytest.raises(FetchError, match=reason):
        fetch(site, tmp_path, "http://public.test:PORT/page", **options)
    assert list(incoming_folder(tmp_path).iterdir()) == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("100.64.0.1", False), ("192.0.0.8", False), ("198.18.0.1", False), ("224.0.0.1", False),
        ("255.255.255.255", False), ("::", False), ("::1", False), ("fe80::1", False),
        ("fd00::1", False), ("fec0::1", False), ("ff02::1", False), ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True), ("::127.0.0.1", False), ("64:ff9b::7f00:1", False),
        ("64:ff9b::a00:1", False), ("2002:7f00:1::", False), ("2002:c0a8:101::1", False),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", False),
    ],
)  # fmt: skip
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


def test_the_systems_own_resolver_is_asked_and_not_believed(tmp_path: Path) -> None:
    for host in ("localhost", "2130706433", "0x7f.1"):
        with pytest.raises(PinciteError):
            Fetcher(1000).fetch(f"http://{host}:9/", tmp_path)


def test_an_address_is_checked_before_it_becomes_a_job() -> None:
    assert checked_address(" https://example.org/a?b#c ") == "https://example.org/a?b"
    for wrong in ("example.org", "javascript:alert(1)", "http://[::1]/", "http://a:b@example.org"):
        with pytest.raises(UsageError):
            checked_address(wrong)
