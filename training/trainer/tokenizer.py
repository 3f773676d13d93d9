"""The tokenizer of a script base, and the rules a chat template has to keep."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from training.trainer.errors import TrainerError
from training.trainer.mistral import marked_like

VOCABULARY = 6000
PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
TEMPLATE = Path(__file__).with_name("template.jinja")


def train_tokenizer(texts: Iterable[str], *, context_length: int) -> Any:
    """Learn a byte-level BPE of at most 6,000 pieces and give it the ChatML template.

    Most words of a script are one piece then. Every byte is in the alphabet, so any text can be
    written, known or not.

    Args:
        texts: the lines, the speakers' prefixes, the system messages and the role names.
        context_length: in tokens.

    Returns:
        A ``PreTrainedTokenizerFast``.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=1,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        model_max_length=context_length,
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = TEMPLATE.read_text(encoding="utf-8")
    return wrapped


def training_template(tokenizer: Any, *, name: str) -> str:
    """Return the chat template to train with: the base's own, marked for assistant-only loss.

    Args:
        name: what to call the base in a refusal.

    Raises:
        TrainerError: no template, one that does not mark the assistant's turns and is not among
            those TRL knows how to mark, or one that leaves the end of the turn unlearnt, so that
            the model would never stop.
    """
    from trl.chat_template_utils import (  # noqa: PLC0415
        has_generation_markers,
        is_chat_template_stop_token_trained,
    )

    template = tokenizer.chat_template
    if not template:
        raise TrainerError(
            "template_missing",
            f"{name} has no chat template, so it cannot be trained on dialogues. "
            "Choose a base whose name says chat or instruct.",
        )
    if not isinstance(template, str):
        raise TrainerError(
            "template_ambiguous", f"{name} has several chat templates; choose a base with one."
        )
    if not has_generation_markers(template):
        template = _marked(tokenizer, name=name)
    if not is_chat_template_stop_token_trained(tokenizer, chat_template=template):
        raise TrainerError(
            "template_never_stops",
            f"The chat template of {name} leaves the end of a turn outside what is learnt; the "
            "model would never stop talking. Choose another base.",
        )
    return str(template)


def _marked(tokenizer: Any, *, name: str) -> str:
    """Return the base's template with marks around the assistant's turns."""
    from trl.chat_template_utils import get_training_chat_template  # noqa: PLC0415

    try:
        return str(get_training_chat_template(tokenizer) or tokenizer.chat_template)
    except ValueError as error:
        if template := marked_like(tokenizer):
            return template
        raise TrainerError(
            "template_unmarked",
            f"The chat template of {name} does not mark the assistant's turns and is not one "
            "that we or TRL know. Choose another base, or add generation marks to its template.",
        ) from error
