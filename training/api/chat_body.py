"""The body of ``/v1/chat/completions``: what is taken, and what is refused rather than ignored."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from rickproject.lib.text import text_problem

MOST_MESSAGES = 2000
UNASKED_TOKENS = 1024  # reserved for an answer whose length the request leaves open
BYTES_PER_TOKEN, TOKENS_PER_MESSAGE = 3, 4  # at most about; see rickproject.lib.tokens
NEVER = "this server has no tools, no functions and no formats but text"


def at_most_tokens(text: str) -> int:
    """Return about how many tokens a text is at most, whatever the tokenizer."""
    return len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    type: Literal["text"]
    text: str


class ChatTurn(BaseModel):
    """One message; parts of text are joined."""

    model_config = ConfigDict(strict=True, extra="ignore")
    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[_Part], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _no_calls(cls, value: Any) -> Any:
        if isinstance(value, dict) and (value.get("tool_calls") or value.get("function_call")):
            raise ValueError(NEVER)
        return value

    @property
    def text(self) -> str:
        """The message in one piece."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content)


class _StreamOptions(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    include_usage: bool = False
    include_obfuscation: bool = False


Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]
Length = Annotated[int, Field(ge=1, le=1_000_000)]


class ChatBody(BaseModel):
    """A request for one answer.

    What changes nothing about an answer of ours is taken and left alone; what would, and cannot be
    had, is refused.
    """

    model_config = ConfigDict(strict=True, extra="forbid")
    model: Annotated[str, Field(min_length=1, max_length=200)]
    messages: Annotated[list[ChatTurn], Field(min_length=1, max_length=MOST_MESSAGES)]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Field(ge=0.5, le=2)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    max_tokens: Length | None = None
    max_completion_tokens: Length | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: (
        Annotated[str, Field(min_length=1)]
        | Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=4)]
        | None
    ) = None
    n: Literal[1] | None = None
    logprobs: Literal[False] | None = None
    top_logprobs: Literal[0] | None = None
    modalities: list[Literal["text"]] | None = None
    response_format: dict[str, Any] | None = None
    tools: Annotated[list[Any], Field(max_length=0)] | None = None
    tool_choice: Literal["none", "auto"] | None = None
    functions: Annotated[list[Any], Field(max_length=0)] | None = None
    function_call: Literal["none", "auto"] | None = None
    logit_bias: Annotated[dict[str, Any], Field(max_length=0)] | None = None
    # Without effect here, as for most servers of the protocol.
    user: str | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    parallel_tool_calls: bool | None = None
    verbosity: str | None = None

    @field_validator("model")
    @classmethod
    def _writable(cls, value: str) -> str:
        if problem := text_problem(value):
            raise ValueError(problem)
        return value

    @field_validator("response_format")
    @classmethod
    def _text_only(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is not None and value.get("type") != "text":
            raise ValueError(NEVER)
        return value

    @model_validator(mode="after")
    def _options_of_streams(self) -> Self:
        if self.stream_options is not None and not self.stream:
            msg = "stream_options are for streams only: send stream=true with them"
            raise ValueError(msg)
        return self

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with what it used."""
        return bool(self.stream_options and self.stream_options.include_usage)

    @property
    def longest(self) -> int | None:
        """The longest answer in tokens, where the request says one."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def prompt_tokens(self) -> int:
        """About how many tokens the messages are at most."""
        texts = [turn.text for turn in self.messages]
        return sum(at_most_tokens(text) for text in texts) + TOKENS_PER_MESSAGE * len(texts)

    @property
    def tokens_at_most(self) -> int:
        """About what prompt and answer may use; reserved before, settled after."""
        return self.prompt_tokens + (self.longest or UNASKED_TOKENS)

    def for_server(self, served_name: str) -> dict[str, Any]:
        """Return the body for the model's own server, without ``stream``."""
        names = (
            "temperature",
            "top_p",
            "min_p",
            "repetition_penalty",
            "frequency_penalty",
            "presence_penalty",
            "seed",
            "stop",
        )
        values = {name: getattr(self, name) for name in names}
        return {
            "model": served_name,
            "messages": [{"role": turn.role, "content": turn.text} for turn in self.messages],
            **{name: value for name, value in values.items() if value is not None},
            **({"max_tokens": self.longest} if self.longest else {}),
        }
