"""Held-out loss and accuracy in which every token weighs the same."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from training.trainer.encoding import IGNORED, Example
from training.trainer.records import Record


@dataclass(frozen=True)
class HeldOut:
    """How well held-out replies are foreseen.

    Attributes:
        loss: mean, in nats per token.
        accuracy: share of tokens guessed right, 0 to 1.
        tokens: how many were judged.
        bits_per_character: the same loss by the character of the replies, so that models with
            different tokenizers can be compared.
    """

    loss: float
    accuracy: float
    tokens: int
    bits_per_character: float

    def as_figures(self) -> dict[str, float]:
        """Return the figures under the names that a job's metrics have."""
        return {
            "full_valid_loss": self.loss,
            "full_valid_mean_token_accuracy": self.accuracy,
            "full_valid_bits_per_character": self.bits_per_character,
            "valid_tokens": self.tokens,
        }

    @classmethod
    def from_figures(cls, figures: Mapping[str, Any]) -> Self:
        """Read what ``as_figures`` told."""
        return cls(
            loss=float(figures["full_valid_loss"]),
            accuracy=float(figures["full_valid_mean_token_accuracy"]),
            tokens=int(figures["valid_tokens"]),
            bits_per_character=float(figures["full_valid_bits_per_character"]),
        )


def judge(model: Any, examples: Sequence[Example], *, characters: int) -> HeldOut | None:
    """Measure a model on whole examples, one at a time; None without examples.

    Args:
        characters: of the replies that are judged, see ``judged_characters``.

    TRL's own accuracy is the mean over batches, in which a short last batch weighs as much as a
    full one; this is what reports show.
    """
    import torch  # noqa: PLC0415

    loss, right, tokens = 0.0, 0, 0
    model.eval()
    with torch.inference_mode():
        for example in examples:
            ids = torch.tensor([example.input_ids], device=model.device)
            labels = torch.tensor(example.labels[1:], device=model.device)
            logits = model(input_ids=ids).logits[0, :-1].float()
            loss += float(
                torch.nn.functional.cross_entropy(
                    logits, labels, ignore_index=IGNORED, reduction="sum"
                )
            )
            judged = labels != IGNORED
            right += int((logits.argmax(-1)[judged] == labels[judged]).sum())
            tokens += int(judged.sum())
    if not tokens:
        return None
    bits = loss / math.log(2) / max(characters, 1)
    return HeldOut(loss / tokens, right / tokens, tokens, bits)


def judged_characters(records: Sequence[Record]) -> int:
    """Return the characters of the replies that records are judged by."""
    return sum(
        len(message.content) for record in records for message in record.messages if message.trained
    )
