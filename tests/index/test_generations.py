from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from index.errors import (
    BuildError,
    IndexDamagedError,
    IndexFormatError,
    IndexMissingError,
    UsageError,
)
from index.generations import FORMAT, MANIFEST, SEAL, Generations, Manifest


def manifest(generation: int, format_: int = FORMAT) -> Manifest:
    return Manifest(
        format_, generation, "2026-01-01T00:00:00Z", {"embedder": "a"}, {}, {"tokens": 9},
        {"sources": 1}, {},
    )  # fmt: skip


def publish(generations: Generations, generation: int, format_: int = FORMAT) -> None:
    with generations.prepare() as folder:
        (folder / "truth").write_bytes(b"true")
        (folder / "parts").mkdir()
        (folder / "parts" / "one").write_bytes(bytes(range(256)))
        generations.seal(folder, manifest(generation, format_))
        generations.publish(folder, generation)


def test_a_published_generation_opens(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    publish(generations, 1)
    folder, opened = generations.open(generations.live())
    assert (folder / "parts" / "one").read_bytes() == bytes(range(256))
    assert set(opened.files) == {"truth", "parts/one"}
    assert opened.models == {"embedder": "a"}


def test_nothing_published_is_missing(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="pincite build"):
        Generations(tmp_path).live()


def test_a_failed_build_leaves_what_was_live(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    publish(generations, 1)
    with contextlib.suppress(InterruptedError), generations.prepare() as folder:
        (folder / "truth").write_bytes(b"half")
        raise InterruptedError
    assert generations.live() == 1
    assert generations.numbers() == [1]
    assert [p.name for p in (tmp_path / "generations").iterdir()] == ["00000001"]


def test_the_pointer_moves_both_ways(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    publish(generations, 1)
    publish(generations, 2)
    assert generations.live() == 2
    generations.point_at(1)
    assert generations.live() == 1
    with pytest.raises(UsageError, match="no generation 7"):
        generations.point_at(7)


def test_pruning_spares_the_newest_and_the_live(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    for number in range(1, 6):
        publish(generations, number)
    generations.point_at(1)
    generations.prune(2)
    assert generations.numbers() == [1, 4, 5]


@pytest.mark.parametrize("name", ["truth", "parts/one", MANIFEST, SEAL])
@pytest.mark.parametrize("how", ["flip", "cut", "gone"])
def test_damage_is_found_and_named(tmp_path: Path, name: str, how: str) -> None:
    generations = Generations(tmp_path)
    publish(generations, 1)
    path = generations.path(1) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if how == "flip":
        path.write_bytes(data)
    elif how == "cut":
        path.write_bytes(data[:-1])
    else:
        path.unlink()
    with pytest.raises(IndexDamagedError, match="rollback") as raised:
        generations.open(1)
    assert Path(name).name.removesuffix(".sha256") in str(raised.value)


@pytest.mark.parametrize("pointer", [b"", b"one", b"\xff\xfe", b"-1"])
def test_a_pointer_that_names_nothing_is_damaged(tmp_path: Path, pointer: bytes) -> None:
    (tmp_path / "CURRENT").write_bytes(pointer)
    with pytest.raises(IndexDamagedError, match="CURRENT"):
        Generations(tmp_path).live()


def test_another_format_says_so(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    publish(generations, 1, format_=FORMAT + 1)
    with pytest.raises(IndexFormatError, match="format"):
        generations.open(1)


def test_the_manifest_is_json_and_its_seal_is_sha256sums(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    publish(generations, 1)
    folder = generations.path(1)
    assert json.loads((folder / MANIFEST).read_text())["generation"] == 1
    checked = subprocess.run(
        ["sha256sum", "-c", SEAL], cwd=folder, capture_output=True, check=False
    )
    assert checked.returncode == 0


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from index.generations import Generations\n"
        "with Generations(Path(sys.argv[1])).lock(): print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(BuildError, match=f"process {other.pid} since"),
            Generations(tmp_path).lock(),
        ):
            pass
    finally:
        other.kill()
        other.communicate()
    # A lock left by a dead process is no obstacle.
    with Generations(tmp_path).lock():
        pass
