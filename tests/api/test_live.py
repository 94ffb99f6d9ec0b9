from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.live import Live
from index.build import build
from index.errors import IndexDamagedError, IndexMissingError
from index.generations import Generations
from qa.assembly import Pincite
from qa.following import Following
from qa.settings import Settings
from tests.api.fakes import FakeService
from tests.fakes import FakeEmbedder
from tests.index.helpers import build_settings, write_files
from tests.qa.helpers import open_pincite


@dataclass
class Shelf:
    """Publishes fake services by number."""

    number: int = 1
    opened: list[FakeService] = field(default_factory=list)
    fault: Exception | None = None

    def mark(self) -> object:
        return self.number

    def open(self) -> FakeService:
        if self.fault is not None:
            raise self.fault
        self.opened.append(FakeService(generation=self.number))
        return self.opened[-1]

    def live(self) -> Live:
        return Live(self.open, self.mark)


def test_a_lease_keeps_its_generation_and_the_next_one_has_the_new() -> None:
    shelf = Shelf()
    live = shelf.live()
    with live.lease() as first:
        shelf.number = 2
        assert live.follow()
        with live.lease() as second:
            assert (first.generation, second.generation) == (1, 2)
        assert [service.closed for service in shelf.opened] == [0, 0]
    assert [service.closed for service in shelf.opened] == [1, 0]
    live.close()
    assert [service.closed for service in shelf.opened] == [1, 1]


def test_nothing_is_opened_twice() -> None:
    shelf = Shelf()
    live = shelf.live()
    for _ in range(3):
        live.get()
        live.follow()
    assert len(shelf.opened) == 1


def test_what_cannot_be_opened_leaves_what_answers() -> None:
    shelf = Shelf()
    live = shelf.live()
    live.get()
    shelf.number, shelf.fault = 2, IndexDamagedError("it is torn", "build it")
    with pytest.raises(IndexDamagedError):
        live.follow()
    assert not live.follow(), "it is left alone for a while"
    assert live.get().generation == 1
    shelf.number, shelf.fault = 3, None
    assert live.follow()
    assert live.get().generation == 3


def test_an_index_that_vanishes_goes_on_answering(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    generations = Generations(folder)
    live = Live(lambda: FakeService(), generations.pointer_mark)
    with pytest.raises(IndexMissingError):
        live.get()
    write_files(folder, {"CURRENT": "1\n"})
    live.get()
    (folder / "CURRENT").unlink()
    assert not live.follow()
    assert live.is_open


def test_a_retired_service_closes_when_its_last_lease_ends() -> None:
    shelf = Shelf()
    live = shelf.live()
    begun, go_on = threading.Barrier(9), threading.Event()

    def work() -> None:
        with live.lease() as service:
            begun.wait()
            go_on.wait()
            assert isinstance(service, FakeService)
            assert not service.closed

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    begun.wait()
    shelf.number = 2
    live.follow()
    assert not shelf.opened[0].closed
    go_on.set()
    for thread in threads:
        thread.join()
    assert [service.closed for service in shelf.opened] == [1, 0]


def test_the_mark_changes_with_builds_and_rollbacks(tmp_path: Path) -> None:
    index, sources = tmp_path / "index", tmp_path / "sources"
    following = Following(Settings(index=index))
    with pytest.raises(IndexMissingError):
        following.mark()
    marks = []
    for text in ("One lamp.", "Two lamps."):
        write_files(sources, {"a.txt": text})
        build(index, [sources], FakeEmbedder(), build_settings())
        marks.append(following.mark())
        assert following.mark() == marks[-1]
    with Generations(index).lock():
        Generations(index).point_at(1)
    marks.append(following.mark())
    assert len(set(marks)) == 3


def test_a_service_answers_from_what_was_published_while_it_ran(tmp_path: Path) -> None:
    index, sources = tmp_path / "index", tmp_path / "sources"
    margins = {"red": 5.0, "blue": 5.0}

    def publish(colour: str) -> None:
        write_files(sources, {"lamp.txt": f"The colour of the lamp is {colour} today.\n"})
        build(index, [sources], FakeEmbedder(), build_settings())

    def open_live() -> Pincite:
        return open_pincite(index, margins)

    publish("red")
    app = create_app(open_live, mark=Generations(index).pointer_mark)
    with TestClient(app) as client:
        asked = {"question": "what is the colour of the lamp"}
        assert client.post("/v1/ask", json=asked).json()["answer"] == "red"
        publish("blue")
        app.state.opened.follow()
        found = client.post("/v1/ask", json=asked).json()
        assert (found["answer"], found["index"]["generation"]) == ("blue", 2)
        with Generations(index).lock():
            Generations(index).point_at(1)
        app.state.opened.follow()
        assert client.post("/v1/ask", json=asked).json()["answer"] == "red"
