"""Held-out loss and accuracy in which every token weighs the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from training.trainer.encoding import IGNORED, Example


@dataclass(frozen=True)
class HeldOut:
    """Mean loss in nats per token, share of tokens guessed right (0 to 1), tokens judged."""

    loss: float
    accuracy: float
    tokens: int


def judge(model: Any, examples: Sequence[Example]) -> HeldOut | None:
    """Measure a model on whole examples, one at a time; None without examples.

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
    return HeldOut(loss / tokens, right / tokens, tokens) if tokens else None
