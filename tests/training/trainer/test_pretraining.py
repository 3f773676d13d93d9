"""What the small base is fed: words in parts, dropout, the same at every start."""

import random

import pytest

from tests.training.trainer.toy import toy_lines
from training.trainer import pretraining
from training.trainer.spec import BaseSpec

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::FutureWarning")]
torch = pytest.importorskip("torch")
BASE = BaseSpec(kind="script", cache_dir="/nowhere", size="micro")


def toy_tokenizer() -> object:
    from training.trainer.tokenizer import train_tokenizer

    return train_tokenizer(pretraining.tokenizer_texts(toy_lines(), BASE), context_length=256)


def test_tokenizer_keeps_every_word_of_the_script_whole() -> None:
    tokenizer = toy_tokenizer()
    words = {word for line in toy_lines() for word in line.text.strip("?.").split()[1:]}
    assert words
    for word in words:
        assert len(tokenizer(f" {word}".rstrip(","))["input_ids"]) == 1, word


def test_split_some_changes_pieces_and_never_text(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = toy_tokenizer()
    text = "<|im_start|>user\nPip: Where is the lantern?<|im_end|>"
    row = tokenizer(text)["input_ids"]
    monkeypatch.setattr(pretraining, "SPLIT", 1.0)
    split = pretraining.split_some(row, tokenizer, random.Random(1))
    assert len(split) > len(row)
    assert tokenizer.decode(split) == text
    assert split[0] == row[0]  # control tokens stay whole
    assert pretraining.split_some(row, tokenizer, random.Random(1)) == split
    monkeypatch.setattr(pretraining, "SPLIT", 0.0)
    assert pretraining.split_some(row, tokenizer, random.Random(1)) == row


def test_add_dropout_acts_while_training_only() -> None:
    model = pretraining.new_model(toy_tokenizer(), size="micro")
    ids = torch.tensor([[3, 4, 5, 6]])
    model.eval()
    with torch.inference_mode():
        plain = model(input_ids=ids).logits
        pretraining.add_dropout(model, 0.5)
        assert torch.equal(model(input_ids=ids).logits, plain)
        model.train()
        assert not torch.equal(model(input_ids=ids).logits, plain)
