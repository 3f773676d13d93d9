import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone
from pydantic import SecretStr

from curation.domain.sealed_mail import MOST_ATTEMPTS, post_mail, send_sealed_mail
from curation.models import SealedMail
from rickproject import doctor
from rickproject.config import get_config
from rickproject.lib import sealed
from rickproject.lib.sealed import SealError, seal, unseal

pytestmark = pytest.mark.django_db
LETTER = ("Hello", "a canary link", None, ["new@example.org"])


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_config(), "email_url", SecretStr("smtp://mail.example.org"))


def due() -> SealedMail:
    SealedMail.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    return SealedMail.objects.get()


def test_mail_without_a_server_is_written_at_once() -> None:
    post_mail(EmailMessage(*LETTER))
    assert [message.subject for message in mail.outbox] == ["Hello"]
    assert not SealedMail.objects.exists()


@pytest.mark.usefixtures("sends")
def test_mail_waits_sealed_and_is_forgotten_when_sent() -> None:
    post_mail(EmailMessage(*LETTER))
    waiting = SealedMail.objects.get()
    assert "canary" not in waiting.sealed
    assert json.loads(unseal(waiting.sealed))["to"] == ["new@example.org"]
    assert mail.outbox == []
    send_sealed_mail(waiting.pk)
    send_sealed_mail(waiting.pk)
    assert [message.body for message in mail.outbox] == ["a canary link"]
    assert not SealedMail.objects.exists()


@pytest.mark.usefixtures("sends")
def test_mail_that_is_refused_waits_longer_each_time_and_is_given_up_in_the_end(
    settings: object, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    post_mail(EmailMessage(*LETTER))
    waits = []
    for _ in range(MOST_ATTEMPTS - 1):
        send_sealed_mail(due().pk)
        waiting = SealedMail.objects.get()
        waits.append(round((waiting.next_try_at - timezone.now()).total_seconds() / 60))
    assert waits == [2**n for n in range(MOST_ATTEMPTS - 1)]
    assert waiting.error == "ConnectionRefusedError"
    assert not doctor.waiting_mail().ok
    send_sealed_mail(due().pk)
    assert not SealedMail.objects.exists()
    assert doctor.waiting_mail().ok
    assert "canary" not in caplog.text


def test_seal_opens_what_older_keys_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = ("o" * 43 + "=", "n" * 43 + "=")
    monkeypatch.setattr(get_config(), "sealing_keys", SecretStr(old))
    sealed._keys.cache_clear()
    kept = seal("a secret")
    monkeypatch.setattr(get_config(), "sealing_keys", SecretStr(f"{new}, {old}"))
    sealed._keys.cache_clear()
    assert unseal(kept) == "a secret"
    assert seal("a secret") != kept
    monkeypatch.setattr(get_config(), "sealing_keys", SecretStr(new))
    sealed._keys.cache_clear()
    with pytest.raises(SealError, match="the key that sealed it is gone"):
        unseal(kept)
    sealed._keys.cache_clear()
