"""What ``manage.py doctor`` looks at beyond readiness: installation, secrets, servers."""

import importlib.util
import json
import socket
import stat
import sys
from collections.abc import Iterator
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from django.db import DatabaseError
from django.utils import timezone

from rickproject import install_trainer, readiness
from rickproject.config import Config, get_config
from rickproject.preflight import PreflightError, pending_migrations
from rickproject.readiness import Finding
from rickproject.supervisor.roles import model_address_file

FAILURES_TOLD_DAYS = 7
LIBRARIES = ("Django", "celery", "redis", "openai", "pandas", "uvicorn")


def examine() -> Iterator[Finding]:
    """Yield everything that was looked at, in the order in which a person would mend it."""
    config = get_config()
    yield _python()
    yield _libraries()
    yield trainer()
    database = readiness.look_at_database()
    yield database
    if database.ok:
        yield _migrations()
    yield readiness.look_at_broker()
    if database.ok:
        yield from _heartbeats()
        yield waiting_mail()
        yield seals()
    yield readiness.look_at_disk()
    yield model_server(config)
    yield _openai_key(config)
    yield mail(config)
    yield secret_files(config.var_dir / "secrets")


def trainer() -> Finding:
    """Say whether local training is installed, in which versions; left out is no fault."""
    missing = install_trainer.missing_packages()
    if not missing:
        return Finding("local training", ok=True, detail=f"torch {metadata.version('torch')}")
    if len(missing) == len(install_trainer.wanted_versions()):
        detail = "not installed (training at an OpenAI provider works). To install: make trainer"
        return Finding("local training", ok=True, detail=detail)
    return Finding(
        "local training",
        ok=False,
        detail=f"missing or of another version: {', '.join(missing)}",
        remedy="Run: make trainer",
    )


def model_server(config: Config) -> Finding:
    """Say whether the embedded model server answers."""
    subject = "model server"
    if importlib.util.find_spec("torch") is None:
        return Finding(subject, ok=True, detail="not needed without local training")
    port_file = model_address_file(config.var_dir)
    try:
        port = int(port_file.read_text(encoding="utf-8"))
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return Finding(subject, ok=True, detail="answers")
    except (OSError, ValueError):
        return Finding(
            subject,
            ok=False,
            detail="does not answer, chatting with local models waits",
            remedy="Start it: python manage.py up; its log is var/logs/model.log.",
        )


def mail(config: Config) -> Finding:
    """Say where mail goes; whether the server takes it is not tried."""
    subject = "mail"
    if not config.email_url or not config.sends_email:
        detail = "kept in var/mail, nobody gets it. To send it: RICK_EMAIL_URL and RICK_EMAIL_FROM"
        return Finding(subject, ok=True, detail=detail)
    host = urlsplit(config.email_url.get_secret_value()).hostname
    if config.email_from.endswith("@localhost>"):
        remedy = "Set RICK_EMAIL_FROM; most servers refuse mail from localhost."
        return Finding(subject, ok=False, detail=f"sent by {host}, from nobody", remedy=remedy)
    return Finding(subject, ok=True, detail=f"sent by {host}, from {config.email_from}")


def waiting_mail() -> Finding:
    """Say whether mails wait because the mail server does not take them, or were given up."""
    from curation.enums import MailState  # noqa: PLC0415  # the rest of this needs no models
    from curation.models import OutgoingMail, SealedMail  # noqa: PLC0415

    subject = "waiting mail"
    try:
        sealed = SealedMail.objects.exclude(error="")
        refused = list(sealed.filter(failed_at=None).values_list("error", flat=True)[:1000])
        told = OutgoingMail.objects.filter(state=MailState.QUEUED).exclude(error_detail="")
        refused += told.values_list("error_detail", flat=True)[:1000]
        lately = timezone.now() - timedelta(days=FAILURES_TOLD_DAYS)
        lost = list(sealed.filter(failed_at__gte=lately).values_list("error", flat=True)[:1000])
        ended = OutgoingMail.objects.filter(state=MailState.FAILED, updated_at__gte=lately)
        lost += ended.values_list("error_detail", flat=True)[:1000]
    except DatabaseError:
        return Finding(subject, ok=False, detail="cannot be looked up", remedy="See migrations.")
    if not refused and not lost:
        return Finding(subject, ok=True, detail="none")
    details, remedies = [], []
    if refused:
        details.append(f"{len(refused)} refused by the mail server ({refused[-1]}), tried again")
        remedies.append("Check RICK_EMAIL_URL; the worker's log says more.")
    if lost:
        details.append(f"{len(lost)} given up in {FAILURES_TOLD_DAYS} days: {lost[-1]}")
        remedies.append("Look at the addresses of people and invitations; let them ask again.")
    return Finding(subject, ok=False, detail="; ".join(details), remedy=" ".join(remedies))


def seals() -> Finding:
    """Say whether stored secrets are under an older key, or under one that is gone."""
    from rickproject.sealed_rows import count_seals  # noqa: PLC0415

    subject = "sealed secrets"
    try:
        count = count_seals()
    except DatabaseError:
        return Finding(subject, ok=False, detail="cannot be looked up", remedy="See migrations.")
    total = count.newest + count.older + count.unreadable
    if count.unreadable:
        detail = f"{count.unreadable} of {total} secrets cannot be read: their key is gone"
        remedy = "Put it back at the end of RICK_SEALING_KEYS."
    elif count.older:
        detail = f"{count.older} of {total} secrets are under an older key"
        remedy = "Run: python manage.py rotate_sealing_keys; then drop the older keys."
    else:
        return Finding(subject, ok=True, detail=f"{total}, under the newest key")
    return Finding(subject, ok=False, detail=detail, remedy=remedy)


def secret_files(folder: Path) -> Finding:
    """Say whether only their owner can read the files of keys and passwords."""
    files = sorted(path for path in folder.glob("*") if path.is_file())
    open_files = [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_files:
        return Finding(
            "secrets",
            ok=False,
            detail=f"others can read {', '.join(open_files)}",
            remedy=f"Run: chmod 600 {folder}/*",
        )
    return Finding("secrets", ok=True, detail=f"{len(files)} files, private")


def as_json(findings: list[Finding]) -> str:
    """Return the findings as one JSON object for machines."""
    rows = [
        {"subject": f.subject, "ok": f.ok, "detail": f.detail, "remedy": f.remedy} for f in findings
    ]
    return json.dumps({"ok": all(f.ok for f in findings), "findings": rows})


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("python", ok=True, detail=version)
    remedy = "Install Python 3.11, 3.12 or 3.13, remove .venv, and run make."
    return Finding("python", ok=False, detail=f"{version} is not tested", remedy=remedy)


def _libraries() -> Finding:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    return Finding("libraries", ok=True, detail=versions)


def _migrations() -> Finding:
    try:
        pending = pending_migrations()
    except PreflightError as error:
        return Finding("migrations", ok=False, detail=str(error), remedy="See above.")
    if pending:
        detail = f"{len(pending)} pending, {pending[0]} first"
        remedy = "Run: python manage.py migrate"
        return Finding("migrations", ok=False, detail=detail, remedy=remedy)
    return Finding("migrations", ok=True, detail="all applied")


def _heartbeats() -> Iterator[Finding]:
    try:
        yield from readiness.look_at_heartbeats()
    except Exception:  # noqa: BLE001  # the table is missing before the first migration
        remedy = "Run: python manage.py migrate"
        yield Finding("workers", ok=False, detail="cannot be looked up", remedy=remedy)


def _openai_key(config: Config) -> Finding:
    if config.openai_api_key and config.openai_api_key.get_secret_value():
        host = config.openai_base_url.split("/")[2] if "//" in config.openai_base_url else "?"
        return Finding("OpenAI key", ok=True, detail=f"present, for {host}")
    detail = "not set; it is needed only to train at a provider. To set one: OPENAI_API_KEY"
    return Finding("OpenAI key", ok=True, detail=detail)
