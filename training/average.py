"""Average the weights of trained readers: `python -m training.average MODEL MODEL … --out FOLDER`.

Models of one training line, a stage and the one that went on from it, say, lie in one basin, and
their mean is often better than either (Wortsman et al. 2022, "Model soups").
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer


def average(states: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of each weight. Raises ValueError if the models are not of one make."""
    if any(state.keys() != states[0].keys() for state in states):
        raise ValueError("the models have different weights")
    return {
        name: torch.stack([state[name].float() for state in states]).mean(dim=0)
        for name in states[0]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    models = [AutoModelForQuestionAnswering.from_pretrained(path) for path in options.models]
    models[0].load_state_dict(average([model.state_dict() for model in models]))
    models[0].save_pretrained(options.out)
    AutoTokenizer.from_pretrained(options.models[0]).save_pretrained(options.out)


if __name__ == "__main__":
    main()
