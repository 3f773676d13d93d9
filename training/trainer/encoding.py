"""Turn chats into tokens: the same way for training and for serving.

Text of people may hold what the tokenizer takes for a control token, such as ``<|im_end|>``.
It stays plain text here: such a string is set aside before the template is applied and encoded
in two pieces afterwards, so it can neither end a turn nor begin one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from training.trainer.errors import TrainerError
from training.trainer.records import Message, Record

IGNORED = -100  # what torch's cross entropy leaves out


@dataclass(frozen=True)
class Example:
    """Tokens of one record; a label is the token itself where it is learnt, else -100."""

    input_ids: list[int]
    labels: list[int]


class ChatEncoder:
    """A tokenizer together with the template it is used with."""

    def __init__(self, tokenizer: Any, *, template: str | None = None) -> None:
        """Take a fast tokenizer; ``template`` None means its own."""
        self.tokenizer = tokenizer
        self.template = template or tokenizer.chat_template
        controls = sorted(_control_strings(tokenizer), key=len, reverse=True)
        self._controls = controls
        self._pattern = re.compile("|".join(map(re.escape, controls))) if controls else None

    def encode_prompt(self, messages: Sequence[Message]) -> list[int]:
        """Return the tokens a model continues from to answer as the assistant."""
        rendered, _spans, marker = self._render(messages, prompt=True)
        return [token for token, _start in self._tokens(rendered, marker)]

    def encode_messages(self, messages: Sequence[Message], *, where: str) -> Example:
        """Return tokens and labels; only the assistant turns marked ``trained`` are learnt.

        Raises:
            TrainerError: the template refuses the messages or does not mark every turn.
        """
        rendered, spans, marker = self._render(messages, prompt=False, where=where)
        answers = [message for message in messages if message.role == "assistant"]
        if len(spans) != len(answers):
            raise TrainerError(
                "template_unmarked",
                f"The chat template marks {len(spans)} of the {len(answers)} assistant turns of "
                f"{where}. Choose another base.",
            )
        learnt = [span for span, answer in zip(spans, answers, strict=True) if answer.trained]
        input_ids, labels = [], []
        for token, start in self._tokens(rendered, marker):
            inside = any(low <= start < high for low, high in learnt)
            input_ids.append(token)
            labels.append(token if inside else IGNORED)
        return Example(input_ids, labels)

    def encode_record(self, record: Record, *, limit: int) -> Example:
        """Return the example of a record.

        Raises:
            TrainerError: code ``record_too_long``; nothing is ever cut.
        """
        example = self.encode_messages(record.messages, where=record.name)
        if len(example.input_ids) > limit:
            raise TrainerError(
                "record_too_long",
                f"Record {record.number} of {record.file} has {len(example.input_ids):,} tokens; "
                f"this model takes {limit:,}. Shorten the dialogue or raise the context length.",
            )
        return example

    def _render(
        self, messages: Sequence[Message], *, prompt: bool, where: str = "the chat"
    ) -> tuple[str, list[tuple[int, int]], str]:
        from jinja2 import TemplateError  # noqa: PLC0415
        from transformers.utils.chat_template_utils import render_jinja_template  # noqa: PLC0415

        marker = _unused_character("".join(message.content for message in messages))
        chat = [
            {"role": message.role, "content": self._set_aside(message.content, marker)}
            for message in messages
        ]
        try:
            rendered, spans = render_jinja_template(
                conversations=[chat],
                chat_template=self.template,
                return_assistant_tokens_mask=not prompt,
                add_generation_prompt=prompt,
                **self.tokenizer.special_tokens_map,
            )
        except TemplateError as error:
            raise TrainerError(
                "template_refused",
                f"The base's chat template refuses {where}: {error}.",
            ) from error
        return rendered[0], _whole_turns(spans[0]) if spans else [], marker

    def _set_aside(self, text: str, marker: str) -> str:
        if self._pattern is None:
            return text
        return self._pattern.sub(
            lambda found: f"{marker}{self._controls.index(found[0])}{marker}", text
        )

    def _tokens(self, rendered: str, marker: str) -> list[tuple[int, int]]:
        """Pairs of token and the character it starts at."""
        pairs: list[tuple[int, int]] = []
        position = 0
        for index, piece in enumerate(re.split(f"{marker}(\\d+){marker}", rendered)):
            if index % 2:
                control = self._controls[int(piece)]
                for half in (control[:1], control[1:]):
                    pairs += [(token, position) for token, _start in self._encode(half)]
                position += len(piece) + 2
            else:
                pairs += [(token, position + start) for token, start in self._encode(piece)]
                position += len(piece)
        return pairs

    def _encode(self, text: str) -> list[tuple[int, int]]:
        if not text:
            return []
        encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        starts = [start for start, _end in encoded["offset_mapping"]]
        return list(zip(encoded["input_ids"], starts, strict=True))


def _whole_turns(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join marked spans that touch: some templates (Phi-3) mark the end of the text once more."""
    turns: list[tuple[int, int]] = []
    for start, end in spans:
        if turns and turns[-1][1] == start:
            turns[-1] = (turns[-1][0], end)
        else:
            turns.append((start, end))
    return turns


def _control_strings(tokenizer: Any) -> set[str]:
    return {
        token.content
        for token in tokenizer.added_tokens_decoder.values()
        if len(token.content) > 1
        and (token.special or (token.content.startswith("<") and token.content.endswith(">")))
    }


def _unused_character(text: str) -> str:
    return next(chr(code) for code in range(0xE000, 0xF900) if chr(code) not in text)
