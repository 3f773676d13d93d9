import json
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from pydantic import SecretStr

from curation.domain.sealed_mail import (
    MOST_ATTEMPTS,
    post_mail,
    resume_waiting_mail,
    send_sealed_mail,
)
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
    given_up = due()
    assert (given_up.sealed, bool(given_up.failed_at)) == ("", True)
    assert "tried too often (ConnectionRefusedError)" in doctor.waiting_mail().detail
    send_sealed_mail(given_up.pk)
    assert SealedMail.objects.get().attempts == MOST_ATTEMPTS
    assert "canary" not in caplog.text
    SealedMail.objects.update(failed_at=timezone.now() - timedelta(days=8))
    assert doctor.waiting_mail().ok
    SealedMail.objects.update(failed_at=timezone.now() - timedelta(days=31))
    resume_waiting_mail()
    assert not SealedMail.objects.exists()


class UnknownAddressBackend(EmailBackend):
    """A mail server that knows none of the addresses."""

    def send_messages(self, messages: object) -> int:
        raise SMTPRecipientsRefused({"new@example.org": (550, b"No such user")})


@pytest.mark.usefixtures("sends")
@pytest.mark.parametrize(
    ("letter", "backend", "reason"),
    [
        (("Hello\nBcc: x@example.org", "a canary link", None, ["new@example.org"]), "", "Header"),
        (("Hello", "a canary link", None, ["new@example.org\nx@example.org"]), "", "written"),
        (LETTER, f"{__name__}.UnknownAddressBackend", "knows no such address"),
    ],
)
def test_mail_that_can_never_be_sent_is_given_up_at_once_and_told(
    letter: tuple[object, ...],
    backend: str,
    reason: str,
    settings: object,
    caplog: pytest.LogCaptureFixture,
) -> None:
    post_mail(EmailMessage(*letter))
    if backend:
        settings.EMAIL_BACKEND = backend
    send_sealed_mail(due().pk)
    kept = SealedMail.objects.get()
    assert (kept.sealed, kept.attempts, bool(kept.failed_at)) == ("", 1, True)
    assert reason in kept.error
    assert kept.error in doctor.waiting_mail().detail
    assert "canary" not in caplog.text + kept.error
    assert "example.org" not in caplog.text + kept.error


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
