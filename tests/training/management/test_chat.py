import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pydantic import SecretStr

from rickproject.config import get_config
from tests.contract.fault_server import KEY, FaultServer, refusal
from tests.factories import CharacterFactory, MembershipFactory, ModelVersionFactory
from training.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def model_name(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(get_config(), "openai_base_url", server.base_url)
    monkeypatch.setattr(get_config(), "openai_api_key", SecretStr(KEY))
    server.state.reply = ["No."]
    model = ModelVersionFactory(provider="openai", served_name="gpt-4o-mini")
    MembershipFactory(project=model.project, user=model.project.created_by, role="tester")
    CharacterFactory(project=model.project, name="PIP")
    return str(model.name)


def test_chat_prints_the_reply_and_keeps_it(model_name: str) -> None:
    out = StringIO()
    call_command("chat", model_name, "Hi", "--as", "PIP", "--json", stdout=out)
    assert json.loads(out.getvalue())["reply"] == "No."
    assert Message.objects.get(role="assistant").content == "No."


def test_chat_ends_with_one_when_the_server_refuses(model_name: str, server: FaultServer) -> None:
    server.fail("chat", refusal(429, "rate_limit_exceeded"))
    with pytest.raises(CommandError, match="busy") as caught:
        call_command("chat", model_name, "Hi")
    assert caught.value.returncode == 1


def test_chat_names_the_models_there_are(model_name: str) -> None:
    with pytest.raises(CommandError, match=model_name):
        call_command("chat", "nobody", "Hi")
