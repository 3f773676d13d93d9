"""One request on its way: from its messages to the last piece of its reply."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from training.serving.decoding import Row, Sampling, new_generator
from training.serving.loading import LoadedModel
from training.serving.prompts import Turn, fit_prompt
from training.serving.protocol import ChatRequest, FinishReason, RequestError
from training.serving.registry import ModelEntry
from training.serving.text import ReplyText


@dataclass(frozen=True)
class Piece:
    """A piece of a reply: the first says what the prompt took, the last why it ended."""

    text: str = ""
    prompt_tokens: int | None = None
    dropped_messages: int = 0
    completion_tokens: int = 0
    finish_reason: FinishReason | None = None


@dataclass(eq=False)
class Generation:
    """One request on its way; set ``cancelled`` to stop it within a step or two.

    Attributes:
        place: where the weights of its model are kept (``places``); the engine sets it.
    """

    entry: ModelEntry
    request: ChatRequest
    loop: asyncio.AbstractEventLoop
    pieces: asyncio.Queue[Piece | RequestError] = field(default_factory=asyncio.Queue)
    cancelled: bool = False
    place: str = ""
    row: Row | None = None
    text: ReplyText | None = None
    written: int = 0
    most: int = 0

    def tell(self, piece: Piece | RequestError) -> None:
        """Hand a piece to the reader's event loop; a loop that has ended does not want it."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.pieces.put_nowait, piece)


def prepare(item: Generation, loaded: LoadedModel) -> None:
    """Fit the conversation into the model's context and say what that took.

    Raises:
        RequestError: it does not fit, or the model's template refuses it.
    """
    from training.trainer.errors import TrainerError  # noqa: PLC0415
    from training.trainer.records import Message  # noqa: PLC0415

    def encode(turns: Sequence[Turn]) -> list[int]:
        messages = [Message(role, content) for role, content in turns]
        return list(loaded.encoder.encode_prompt(messages))

    request = item.request
    try:
        prompt = fit_prompt(
            request.messages,
            encode=encode,
            context_tokens=item.entry.context_tokens,
            max_tokens=request.max_tokens,
        )
    except TrainerError as error:
        raise RequestError(str(error), code=error.code, param="messages") from error
    sampling = Sampling(**{**item.entry.sampling, **request.sampling})
    adapter = loaded.adapters.name_of(item.entry) if loaded.adapters else ""
    item.row = Row(prompt.tokens, sampling, new_generator(request.seed), adapter)
    item.text = ReplyText(loaded.decode, stops=request.stop)
    item.most = prompt.most_new_tokens
    item.tell(Piece(prompt_tokens=len(prompt.tokens), dropped_messages=prompt.dropped_messages))


def tell_token(item: Generation, loaded: LoadedModel) -> bool:
    """Send what the newest token adds; return whether the reply is complete."""
    assert item.row is not None  # noqa: S101  (prepared before it joined)
    assert item.text is not None  # noqa: S101
    if item.row.last_token in loaded.ends:
        item.tell(Piece(item.text.rest(), completion_tokens=item.written, finish_reason="stop"))
        return True
    item.written += 1
    text = item.text.add(item.row.last_token)
    reason: FinishReason | None = None
    if item.text.stopped:
        reason = "stop"
    elif item.written >= item.most:
        reason, text = "length", text + item.text.rest()
    if text or reason:
        item.tell(Piece(text, completion_tokens=item.written, finish_reason=reason))
    return reason is not None
