from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from qa.assembly import Pincite, build
from qa.settings import Settings, load_settings

ROOT = Path(__file__).parent.parent
# A busy machine is no fault of the code: nothing here is judged by how long it took.
hypothesis.settings.register_profile("pincite", deadline=None)
hypothesis.settings.load_profile("pincite")


@pytest.fixture(scope="session", autouse=True)
def _no_hub() -> Iterator[None]:
    """Whatever would ask a model hub fails at once: nothing may be downloaded."""
    before = {name: os.environ.get(name) for name in ("HF_ENDPOINT", "HTTPS_PROXY")}
    os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"
    os.environ["HTTPS_PROXY"] = "http://127.0.0.1:9"
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture(scope="session")
def real_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an index that is built with the real models."""
    folder = tmp_path_factory.mktemp("real")
    return load_settings({"index": folder / "index"}, environment={}, config=folder / "none.toml")


@pytest.fixture(scope="session")
def corpus_index(real_settings: Settings) -> Settings:
    """The corpus, built once with the real models."""
    report = build([ROOT / "corpus"], real_settings)
    assert report.skipped == ()
    return real_settings


@pytest.fixture(scope="session")
def pincite(corpus_index: Settings) -> Iterator[Pincite]:
    with Pincite.open(settings=corpus_index) as opened:
        yield opened
