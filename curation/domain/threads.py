"""Threads: open one on a place of the work, answer, resolve, reopen."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.mentions import find_mentions
from curation.domain.notifications import notify, participants
from curation.enums import NotificationKind
from curation.errors import CurationError
from curation.models import Comment, Dialogue, Project, Thread, Utterance
from curation.queries.threads import mentionable_people

LONGEST_COMMENT = 4000  # characters


class CommentError(CurationError):
    """The comment cannot be kept as it is."""

    code = "comment"


class ThreadStateError(CurationError):
    """The thread is already in the state that was asked for."""

    code = "thread_state"


@transaction.atomic
def open_thread(
    project: Project,
    *,
    on: Utterance | Dialogue,
    author: User,
    text: str,
    is_on_scene: bool = False,
) -> Thread:
    """Open a thread with its first comment; ``on`` is of this project (access has looked).

    Args:
        is_on_scene: it is about the scene that starts at the line; without one there it stays
            with the line.

    Raises:
        CommentError: the text is empty or too long; nothing is written.
    """
    words = _checked(text)
    line = on if isinstance(on, Utterance) else None
    thread = Thread.objects.create(
        project=project,
        utterance=line,
        episode=line.episode if line else None,
        is_on_scene=is_on_scene and line is not None,
        quoted=line.text if line else "",
        dialogue=on if isinstance(on, Dialogue) else None,
        opened_by=author,
    )
    comment = Comment.objects.create(thread=thread, author=author, text=words)
    record_activity("thread.opened", project=project, actor=author, target=thread)
    _tell_mentioned(comment)
    return thread


@transaction.atomic
def add_comment(thread: Thread, *, author: User, text: str) -> Comment:
    """Answer in a thread, resolved or not.

    Raises:
        CommentError: the text is empty or too long; nothing is written.
    """
    comment = Comment.objects.create(thread=thread, author=author, text=_checked(text))
    record_activity("thread.answered", project=thread.project, actor=author, target=thread)
    told = _tell_mentioned(comment)
    notify(
        [one for one in participants(thread) if one not in told],
        kind=NotificationKind.REPLIED,
        project=thread.project,
        actor=author,
        on=comment,
    )
    return comment


@transaction.atomic
def resolve_thread(thread: Thread, *, actor: User) -> None:
    """Mark a thread as settled, by whom and when.

    Raises:
        ThreadStateError: somebody has resolved it already.
    """
    open_one = Thread.objects.filter(pk=thread.pk, resolved_at__isnull=True)
    if not open_one.update(resolved_by=actor, resolved_at=timezone.now()):
        msg = "This thread is resolved already. Reload the page to see by whom."
        raise ThreadStateError(msg)
    record_activity("thread.resolved", project=thread.project, actor=actor, target=thread)
    notify(
        participants(thread),
        kind=NotificationKind.RESOLVED,
        project=thread.project,
        actor=actor,
        on=thread,
    )


@transaction.atomic
def reopen_thread(thread: Thread, *, actor: User) -> None:
    """Take a resolution back.

    Raises:
        ThreadStateError: it is open.
    """
    settled = Thread.objects.filter(pk=thread.pk, resolved_at__isnull=False)
    if not settled.update(resolved_by=None, resolved_at=None):
        msg = "This thread is open already. Reload the page to see what was said."
        raise ThreadStateError(msg)
    record_activity("thread.reopened", project=thread.project, actor=actor, target=thread)


def _tell_mentioned(comment: Comment) -> list[User]:
    """Tell those whom a comment mentions; return them."""
    if "@" not in comment.text:
        return []
    project = comment.thread.project
    people = {one.username: one for one in mentionable_people(project)}
    mentioned = [people[name] for name in sorted(find_mentions(comment.text, people))]
    notify(
        mentioned,
        kind=NotificationKind.MENTIONED,
        project=project,
        actor=comment.author,
        on=comment,
    )
    return mentioned


def _checked(text: str) -> str:
    words = text.strip()
    if not words:
        msg = "Write something before you send the comment."
        raise CommentError(msg)
    if len(words) > LONGEST_COMMENT:
        msg = f"A comment has at most {LONGEST_COMMENT} characters; this one has {len(words)}."
        raise CommentError(msg)
    return words
