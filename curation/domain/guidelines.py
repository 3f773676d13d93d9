"""Write guidelines in revisions, bring an earlier one back, remember who has read which."""

from __future__ import annotations

from difflib import SequenceMatcher

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from curation.errors import CurationError
from curation.models import GuidelineReading, GuidelineRevision, Project
from curation.queries.guidelines import current_guidelines

from .activity import record_activity

LONGEST_TEXT = 50_000  # characters


class GuidelineError(CurationError):
    """The guidelines cannot be saved so."""

    code = "guidelines"


class StaleGuidelinesError(CurationError):
    """Somebody else saved a revision meanwhile."""

    code = "stale_guidelines"


@transaction.atomic
def save_guidelines(
    project: Project, *, text: str, seen: int, author: User, summary: str = ""
) -> GuidelineRevision:
    """Save the next revision of the guidelines; its author has read it.

    Args:
        text: Markdown, at most ``LONGEST_TEXT`` characters.
        seen: the revision that was changed; 0 for the first.
        summary: what changed, for the list of revisions.

    Raises:
        GuidelineError: nothing changed, or the text is too long.
        StaleGuidelinesError: there is a newer revision than ``seen``; nothing is written.
    """
    if len(text) > LONGEST_TEXT:
        msg = f"Guidelines take {LONGEST_TEXT:,} characters; these are {len(text):,}. Shorten them."
        raise GuidelineError(msg)
    now = current_guidelines(project)
    number = now.number if now else 0
    if number != seen:
        raise StaleGuidelinesError(_stale_words(seen, number))
    if text == (now.text if now else ""):
        msg = "Nothing changed, so there is nothing to save."
        raise GuidelineError(msg)
    try:
        with transaction.atomic():
            revision = GuidelineRevision.objects.create(
                project=project, number=seen + 1, text=text, summary=summary[:200], author=author
            )
    except IntegrityError:  # another manager saved between the look and the write
        raise StaleGuidelinesError(_stale_words(seen, seen + 1)) from None
    record_activity("guidelines.saved", project=project, actor=author, target=revision)
    mark_guidelines_read(project, user=author, number=revision.number)
    return revision


def restore_guidelines(
    project: Project, *, number: int, seen: int, actor: User
) -> GuidelineRevision:
    """Save an earlier revision's text again, as the newest.

    Raises:
        GuidelineError: there is no such revision, or it says what is in force.
        StaleGuidelinesError: as for :func:`save_guidelines`.
    """
    found = GuidelineRevision.objects.filter(project=project, number=number).first()
    if found is None:
        msg = f"There is no revision {number} of these guidelines."
        raise GuidelineError(msg)
    summary = f"Revision {number} brought back"
    return save_guidelines(project, text=found.text, seen=seen, author=actor, summary=summary)


@transaction.atomic
def mark_guidelines_read(project: Project, *, user: User, number: int) -> None:
    """Remember that a person has read a revision; an older one than known changes nothing."""
    highest = project.guidelines.order_by("-number").values_list("number", flat=True).first() or 0
    reading, is_new = GuidelineReading.objects.get_or_create(
        project=project, user=user, defaults={"number": min(number, highest)}
    )
    if not is_new:
        GuidelineReading.objects.filter(pk=reading.pk, number__lt=number).update(
            number=min(number, highest)
        )


def compare_texts(old: str, new: str) -> list[tuple[str, str]]:
    """Return the lines of both texts in order, each with ``same``, ``gone`` or ``new``."""
    before, after = old.splitlines(), new.splitlines()
    rows: list[tuple[str, str]] = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [("same", line) for line in before[i:j]]
        else:
            rows += [("gone", line) for line in before[i:j]]
            rows += [("new", line) for line in after[k:m]]
    return rows


def _stale_words(seen: int, number: int) -> str:
    return (
        f"You changed revision {seen}, but revision {number} was saved meanwhile. Nothing was "
        "written. Compare the two, put your change into the newest, and save again."
    )
