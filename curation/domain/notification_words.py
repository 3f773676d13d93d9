"""What a notification says, as sentences for the page and for e-mail."""

from __future__ import annotations

from curation.domain.threads import LONGEST_COMMENT
from curation.enums import NotificationKind
from curation.models import Notification, Thread

VERBS = {
    NotificationKind.MENTIONED: "mentioned you",
    NotificationKind.REPLIED: "answered",
    NotificationKind.RESOLVED: "resolved your thread",
    NotificationKind.RETURNED: "returned your dialogue",
    NotificationKind.APPROVED: "approved your dialogue",
    NotificationKind.ASSIGNED: "gave you work",
    NotificationKind.DATASET_APPROVED: "approved",
    NotificationKind.DATASET_RETURNED: "returned",
}


def sentence_of(told: Notification) -> str:
    """Return who did what where; ask with :func:`with_places` loaded."""
    if told.kind == NotificationKind.MODEL_READY:
        return f"The model {told.words} is ready: talk with it."
    who = "The corrected script"
    if told.actor:
        who = told.actor.get_full_name() or told.actor.username
    return f"{who} {VERBS[NotificationKind(told.kind)]}{_where(told)}."


def excerpt_of(told: Notification) -> str:
    """Return the comment's words, the reason or the kind of work; may be empty."""
    if told.kind == NotificationKind.MODEL_READY:
        return ""  # its words are the model's name, which the sentence says
    return told.comment.text[:LONGEST_COMMENT] if told.comment else told.words


def _where(told: Notification) -> str:
    if told.thread:
        return f" on {_thread_place(told.thread)}"
    if told.dialogue_id:
        return f" {told.dialogue_id}"
    if told.dataset:
        return f" dataset {told.dataset.number}"
    return f" in {told.episode.code}" if told.episode else ""


def _thread_place(thread: Thread) -> str:
    place = thread.place[0].lower() + thread.place[1:]
    return f"{thread.code}, {place}" if thread.code else place
