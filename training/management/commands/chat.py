import asyncio
import time
from argparse import ArgumentParser
from typing import Any

from curation.access import TALKING
from curation.access.command_line import UnknownNameError, actor_for
from rickproject.lib.commands import VerbCommand
from training.domain.chat import ask, close_reply, request_body, start_conversation
from training.enums import MessageState
from training.models import Message, ModelVersion
from training.providers.chat_events import Delta
from training.providers.chat_stream import close_sessions, read_reply
from training.providers.model_server import ModelServerError, find_endpoint


class Command(VerbCommand):
    help = "Say one thing to a model and print its reply."

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="a model's name, as the chat page shows it")
        parser.add_argument("text")
        parser.add_argument("--as", dest="speaker", default="", help="as whom you speak")
        parser.add_argument("--user", help="who talks; the project's creator")
        parser.add_argument("--no-system-message", action="store_true")
        parser.add_argument("--temperature", type=float, default=0.7)
        parser.add_argument("--max-tokens", type=int)
        parser.add_argument("--seed", type=int)

    def run(self, **options: Any) -> dict[str, Any]:
        model = _model_named(options["model"])
        conversation = start_conversation(
            model.project,
            user=actor_for(model.project, options["user"], TALKING),
            model=model,
            uses_system_message=not options["no_system_message"],
            temperature=options["temperature"],
            seed=options["seed"],
            **({"max_tokens": options["max_tokens"]} if options["max_tokens"] else {}),
        )
        # Who has a shell is not counted, so this works without the broker.
        reply = ask(
            conversation, text=options["text"], speaker=options["speaker"], is_counted=False
        )
        facts = asyncio.run(_collect(reply, model.provider))
        state = MessageState.FAILED if "error_code" in facts else MessageState.COMPLETE
        close_reply(reply, state=state, **facts)
        if state == MessageState.FAILED:
            raise ModelServerError(facts["error_detail"])
        return {
            "summary": facts["content"],
            "model": model.name,
            "reply": facts["content"],
            "finish_reason": facts.get("finish_reason"),
            "prompt_tokens": facts.get("prompt_tokens"),
            "completion_tokens": facts.get("completion_tokens"),
            "conversation": conversation.pk,
        }


def _model_named(name: str) -> ModelVersion:
    model = ModelVersion.objects.filter(name=name).select_related("project", "dataset").first()
    if model is None:
        known = ", ".join(ModelVersion.objects.values_list("name", flat=True)[:20]) or "none yet"
        msg = f"There is no model {name!r}. Models: {known}."
        raise UnknownNameError(msg)
    return model


async def _collect(reply: Message, provider: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"content": ""}
    begun = time.monotonic()

    def take(delta: Delta) -> None:
        if delta.text and not facts["content"]:
            facts["first_token_ms"] = round((time.monotonic() - begun) * 1000)
        facts["content"] += delta.text
        for name in ("finish_reason", "prompt_tokens", "completion_tokens"):
            if (value := getattr(delta, name)) is not None:
                facts[name] = value

    try:
        await read_reply(await find_endpoint(provider), request_body(reply), take=take)
    except ModelServerError as error:
        facts |= {"error_code": error.code, "error_detail": str(error)}
    finally:
        facts["total_ms"] = round((time.monotonic() - begun) * 1000)
        await close_sessions()
    return facts
