from __future__ import annotations

import contextlib
import json
import random
import re
from pathlib import Path

import numpy as np
import pytest

from index.compiling import compile_model, open_compiled, resolve, source_digest
from index.embedding import OnnxEmbedder, length_batches
from index.errors import ModelError
from qa.reader import OnnxReader
from tests.tiny_models import tiny_encoder, tiny_reader


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("encoder") / "model")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader(tmp_path_factory.mktemp("reader") / "model")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.models
def test_any_sentence_transformers_model_compiles(encoder: Path, models: Path) -> None:
    from sentence_transformers import SentenceTransformer

    told: list[str] = []
    compiled = compile_model(encoder, "encoder", models, progress=told.append)
    assert len(told) == 1
    ours = OnnxEmbedder(compiled)
    texts = ["the lamp is lit", "a mill", "the keeper of the lamp sold the mill " * 5]
    theirs = SentenceTransformer(str(encoder), device="cpu").encode(
        texts, normalize_embeddings=True, prompt=""
    )
    mine = ours.embed(texts, "document")
    assert mine.shape == (3, ours.dimension)
    assert np.linalg.norm(mine, axis=1) == pytest.approx(1, abs=1e-4)
    assert (mine * theirs).sum(axis=1).min() > 0.97


@pytest.mark.models
def test_prompts_of_a_model_are_used(encoder: Path, models: Path) -> None:
    compiled = compile_model(encoder, "encoder", models)
    assert compiled.prompts == {"query": "who "}
    embedder = OnnxEmbedder(compiled)
    asked = embedder.embed(["lamp"], "query")
    assert asked == pytest.approx(embedder.embed(["who lamp"], "document"))


@pytest.mark.models
def test_a_batch_gives_what_single_texts_give(encoder: Path, models: Path) -> None:
    embedder = OnnxEmbedder(compile_model(encoder, "encoder", models))
    texts = ["lamp", "the keeper lit the lamp and the mill " * 4, "mill"]
    single = np.concatenate([embedder.embed([text], "document") for text in texts])
    # int8 activations are scaled by the whole batch, so a little moves.
    assert (single * embedder.embed(texts, "document")).sum(axis=1).min() > 0.97


@pytest.mark.models
def test_any_question_answering_model_compiles(reader: Path, models: Path) -> None:
    compiled = compile_model(reader, "reader", models)
    passages = ["the keeper lit the lamp", "a mill"]
    result = OnnxReader(compiled).read("who lit the lamp", passages)
    for text, spans in zip(passages, result.spans, strict=True):
        assert spans
        assert all(0 <= s.span.start < s.span.end <= len(text) for s in spans)
        margins = [s.margin for s in spans]
        assert margins == sorted(margins, reverse=True)


@pytest.mark.models
def test_no_span_runs_on_beyond_a_paragraph_or_a_question(reader: Path, models: Path) -> None:
    compiled = compile_model(reader, "reader", models)
    text = 'the lamp\n\nwho lit the lamp? the keeper "lit the mill?" the mill \n \na lamp'
    (spans,) = OnnxReader(compiled).read("who lit the lamp", [text]).spans
    assert spans
    for found in spans:
        inside = text[found.span.start : found.span.end]
        assert "\n" not in inside
        assert not re.search(r'\?"? \S', inside)


@pytest.mark.models
def test_what_is_too_long_for_one_run_is_read_in_parts(reader: Path, models: Path) -> None:
    opened = OnnxReader(compile_model(reader, "reader", models))
    text = "the keeper lit the lamp of the mill " * 40
    whole, short = opened.read("who lit", [text, text[:60]]).spans
    alone = opened.read("who lit", [text[:60]])
    assert opened.read("who lit", [text]).tokens > 8 * 40
    assert max(s.span.end for s in alone.spans[0]) <= 60
    assert len(whole) == 3
    assert len(short) == len(alone.spans[0])
    spans = [s.span for s in whole]
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start or b.end <= a.start for a in spans for b in spans if a is not b)


@pytest.mark.models
def test_compiling_twice_is_opening(encoder: Path, models: Path) -> None:
    first = compile_model(encoder, "encoder", models)
    told: list[str] = []
    assert compile_model(encoder, "encoder", models, progress=told.append) == first
    assert told == []
    assert first.digest == source_digest(encoder, "encoder")


@pytest.mark.models
@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "compiled.json"])
def test_a_damaged_compiled_model_is_refused(encoder: Path, tmp_path: Path, name: str) -> None:
    compiled = compile_model(encoder, "encoder", tmp_path)
    path = compiled.folder / name
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ModelError, match="damaged"):
        open_compiled(tmp_path, compiled.digest)
    # Compiling again mends it.
    assert compile_model(encoder, "encoder", tmp_path) == compiled


def test_a_compiled_model_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="pincite build"):
        open_compiled(tmp_path, "0" * 64)


def test_a_name_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model"):
        resolve("nobody/has-this-model", lambda: tmp_path)


@pytest.mark.models
def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "config.json").write_text(json.dumps({"model_type": "unheard-of"}))
    with pytest.raises(ModelError, match="no usable encoder"):
        compile_model(source, "encoder", tmp_path / "models")
    assert [p.name for p in (tmp_path / "models").iterdir()] == [".lock"]


def test_batches_hold_like_lengths_and_fit() -> None:
    lengths = [5, 100, 7, 90, 6, 300]
    batches = length_batches(lengths, 200)
    assert sorted(i for batch in batches for i in batch) == list(range(6))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 200
    assert batches == [[0, 4, 2], [3, 1], [5]]


@pytest.mark.models
def test_a_flipped_byte_is_found_or_changes_nothing(encoder: Path, tmp_path: Path) -> None:
    compiled = compile_model(encoder, "encoder", tmp_path)
    chance = random.Random(1)
    for path in sorted(compiled.folder.iterdir()):
        data = path.read_bytes()
        for at in [*range(64), *(chance.randrange(len(data)) for _ in range(200))]:
            flipped = bytearray(data)
            flipped[at] ^= chance.randrange(1, 256)
            path.write_bytes(flipped)
            # White space between the words of a record may change.
            with contextlib.suppress(ModelError):
                assert open_compiled(tmp_path, compiled.digest) == compiled
        path.write_bytes(data)
    assert open_compiled(tmp_path, compiled.digest) == compiled
