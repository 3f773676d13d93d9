"""Prove, before anything is learnt, that a chat template teaches the replies and nothing else."""

from itertools import groupby
from typing import Any

from training.trainer.encoding import IGNORED, ChatEncoder
from training.trainer.errors import TrainerError
from training.trainer.records import Message

# Words that no template writes by itself, so that they tell whose turn a token belongs to.
ASKED, ANSWERED = ("quartz lamp", "velvet drum"), ("amber fox", "copper owl")


def prove_mask(encoder: ChatEncoder, *, name: str) -> tuple[int, int]:
    """Encode a chat of two exchanges and look at what would be learnt.

    Args:
        name: what to call the base in a refusal.

    Returns:
        How many tokens of the try-out are learnt, and how many it has.

    Raises:
        TrainerError: nothing is learnt of a reply, something of the other person is, or the token
            that ends a turn is not, so that the model would never stop.
    """
    chat = [
        Message(role, text, trained=role == "assistant")
        for pair in zip(ASKED, ANSWERED, strict=True)
        for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
    example = encoder.encode_messages(chat, where="a try-out")
    turns = [
        [label for _place, label in turn]
        for learnt, turn in groupby(enumerate(example.labels), lambda pair: pair[1] != IGNORED)
        if learnt
    ]
    texts = [encoder.tokenizer.decode(turn) for turn in turns]
    if len(turns) != len(ANSWERED) or any(
        answer not in text for answer, text in zip(ANSWERED, texts, strict=True)
    ):
        raise _refusal("template_teaches_nothing", name, "does not mark both replies whole")
    if any(asked in text for asked in ASKED for text in texts):
        raise _refusal("template_teaches_others", name, "marks what the other person says, too")
    ends = end_tokens(encoder.tokenizer)
    if any(not ends.intersection(turn) for turn in turns):
        raise _refusal(
            "template_never_stops",
            name,
            "leaves the end of a turn outside what is learnt, so the model would never stop",
        )
    return sum(len(turn) for turn in turns), len(example.labels)


def end_tokens(tokenizer: Any) -> set[int]:
    """Return the tokens that can end a turn: the tokenizer's own control tokens."""
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return special | {tokenizer.eos_token_id} - {None}


def _refusal(code: str, name: str, what: str) -> TrainerError:
    return TrainerError(
        code, f"The chat template of {name} {what}. Training was not started; choose another base."
    )
