"""Models of a few thousand weights that behave like real ones, made on the spot."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordPiece
from tokenizers.processors import BertProcessing
from transformers import BertConfig, BertForQuestionAnswering, BertModel, PreTrainedTokenizerFast

_WORDS = ["the", "a", "who", "what", "lamp", "mill", "keeper", "lit", "sold", "of", "and", "is"]


def _tokenizer(tokens: int) -> PreTrainedTokenizerFast:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *_WORDS]
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,?!'"
    pieces += [*letters, *(f"##{letter}" for letter in letters)]
    tokenizer = Tokenizer(WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", model_max_length=tokens,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )  # fmt: skip


def _config(tokenizer: PreTrainedTokenizerFast) -> BertConfig:
    return BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=tokenizer.model_max_length,
    )  # fmt: skip


def tiny_reader(folder: Path, tokens: int = 64) -> Path:
    """A Hugging Face question-answering model with random weights. tokens: most that it takes."""
    torch.manual_seed(1)
    tokenizer = _tokenizer(tokens)
    BertForQuestionAnswering(_config(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_encoder(folder: Path, tokens: int = 64) -> Path:
    """A sentence-transformers model with random weights and a prompt for queries. tokens: most
    that it takes."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    torch.manual_seed(2)
    base = folder.with_name("base")
    tokenizer = _tokenizer(tokens)
    BertModel(_config(tokenizer)).save_pretrained(base)
    tokenizer.save_pretrained(base)
    pooling = Pooling(32, pooling_mode="mean")
    model = SentenceTransformer(modules=[Transformer(str(base)), pooling], device="cpu")
    model.save(str(folder))
    config = folder / "config_sentence_transformers.json"
    data = json.loads(config.read_text())
    data["prompts"] = {"query": "who ", "document": ""}
    config.write_text(json.dumps(data))
    return folder
