"""An answer for a program: nothing of it is kept but the tokens it used."""

from training.access.api import Caller, talker_of
from training.api.answers import Answer
from training.api.chat_body import ChatBody, at_most_tokens
from training.domain.adapter_serving import asked_as
from training.domain.api_keys import reserve_tokens, settle_tokens
from training.models import ModelVersion
from training.streams.relay import Relay, let_the_database_go


class KeyRelay(Relay):
    """A reply on its way to who asked with a key; making it takes the tokens off the key's month.

    Raises:
        TokensUsedUpError: too few are left.
    """

    def __init__(self, caller: Caller, *, model: ModelVersion, asked: ChatBody) -> None:
        super().__init__(
            talker_of(caller, model), model=model, body=asked.for_server(asked_as(model))
        )
        self.key, self.streams = caller.key, bool(asked.stream)
        self.answer = Answer(model.name, includes_usage=asked.wants_usage)
        self.prompt_tokens = asked.prompt_tokens
        self.reservation = reserve_tokens(self.key, tokens=asked.tokens_at_most)

    def store(self) -> None:
        """Settle the key's tokens; an answer that broke off counts by the length of its text.

        A refusal before the first word has used nothing.
        """
        read, written = self.facts.get("prompt_tokens"), self.facts.get("completion_tokens")
        text = self.facts["content"]
        used = self.prompt_tokens + at_most_tokens(text)
        if read is not None and written is not None:
            used = read + written
        elif not text and self.facts.get("error_code"):
            used = 0
        settle_tokens(self.reservation, used=used)
        let_the_database_go()
