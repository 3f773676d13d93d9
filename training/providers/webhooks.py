"""Webhooks as the Standard Webhooks specification signs them, which OpenAI's protocol uses.

The same check as ``openai.webhooks.verify_signature`` (3.54), without loading the SDK into a web
process: HMAC-SHA256 over ``id.timestamp.body``, and a clock window against replays.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ProviderError

WINDOW_SECONDS = 300
LONGEST_ID = 200
MOST_SIGNATURES = 10
PREFIX = "whsec_"


class WebhookRefusedError(ProviderError):
    """It was not sent by who holds the secret, or not now."""

    code = "webhook_refused"


@dataclass(frozen=True)
class Webhook:
    """A message that was checked.

    Attributes:
        id: the same when it is sent again.
        job_id: the provider's id of the job it is about, empty when it is about something else.
    """

    id: str
    type: str
    job_id: str


def read_webhook(body: bytes, headers: Mapping[str, str], *, secret: str) -> Webhook:
    """Check a message and read what it is about.

    Args:
        headers: ``webhook-id``, ``webhook-timestamp`` (seconds) and ``webhook-signature``.
        secret: as the provider showed it, with or without ``whsec_``.

    Raises:
        WebhookRefusedError: a header is missing, the time is off, no signature fits, or the body
            is not JSON.
    """
    identity = headers.get("webhook-id", "")
    moment = headers.get("webhook-timestamp", "")
    if not identity or len(identity) > LONGEST_ID or not (moment.isascii() and moment.isdigit()):
        raise WebhookRefusedError("It is not signed.")
    if len(moment) > 12 or abs(time.time() - int(moment)) > WINDOW_SECONDS:
        raise WebhookRefusedError("It is too old, or a clock is wrong.")
    wanted = sign(body, identity=identity, moment=moment, secret=secret).encode()
    given = headers.get("webhook-signature", "").split()[:MOST_SIGNATURES]
    signatures = [one.removeprefix("v1,").encode() for one in given]
    if not any([hmac.compare_digest(wanted, one) for one in signatures]):  # noqa: C419  # all of them
        raise WebhookRefusedError("The signature does not fit.")
    return _read(body, identity)


def sign(body: bytes, *, identity: str, moment: str, secret: str) -> str:
    """Return the base64 signature of a message.

    Raises:
        WebhookRefusedError: the secret is not one.
    """
    try:
        key = (
            base64.b64decode(secret.removeprefix(PREFIX), validate=True)
            if secret.startswith(PREFIX)
            else secret.encode()
        )
    except binascii.Error as error:
        raise WebhookRefusedError("The stored secret is not one: enter it again.") from error
    signed = f"{identity}.{moment}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _read(body: bytes, identity: str) -> Webhook:
    try:
        event: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookRefusedError("The message is not JSON.") from error
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(kind, str):
        raise WebhookRefusedError("The message has no type.")
    data = event.get("data")
    job_id = data.get("id") if isinstance(data, dict) else None
    is_job = kind.startswith("fine_tuning.job.") and isinstance(job_id, str)
    return Webhook(identity, kind, str(job_id)[:120] if is_job else "")
