"""What the demo's people say about lines, scenes and dialogues, and whom they tell."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.notifications import turn_mail_off
from curation.domain.threads import add_comment, open_thread, resolve_thread
from curation.enums import DialogueState
from curation.models import Dialogue, Episode, Notification, Project, Thread, Utterance


@transaction.atomic
def talk(
    project: Project, people: dict[str, User], *, half_cut: Episode, reviewed: Episode
) -> None:
    """Open a few threads, unless somebody did already; what was told before them is read.

    The people's addresses are nobody's: no mail is sent to them.
    """
    if Thread.objects.filter(project=project).exists():
        return
    Notification.objects.filter(project=project).update(read_at=timezone.now())
    for person in people.values():
        turn_mail_off(person.pk)
    ada, ben, rex, mina = (people[name] for name in ("ada", "ben", "rex", "mina"))
    start = open_thread(
        project,
        on=_line(half_cut, 0),
        author=ben,
        text=f"The telegram is read before we know where they are. @{ada.username}, is the note "
        "enough, or shall the title say it?",
        is_on_scene=True,
    )
    add_comment(start, author=ada, text="The note is enough. Titles are for finding a scene again.")
    open_thread(
        project,
        on=_line(half_cut, 6),
        author=ada,
        text=f"@{mina.username}, “to the wall” is a direction. Do we keep it in the training text?",
    )
    settled = open_thread(
        project, on=_line(reviewed, 5), author=rex, text="A reply to a question we never hear?"
    )
    add_comment(settled, author=ada, text="It is the line before, left out by the source.")
    resolve_thread(settled, actor=rex)
    if waiting := _waiting_dialogue(reviewed):
        open_thread(
            project,
            on=waiting,
            author=mina,
            text=f"Does this end too early? The next line is the better one. @{rex.username}",
        )


def _line(episode: Episode, position: int) -> Utterance:
    return Utterance.objects.select_related("episode").get(episode=episode, position=position)


def _waiting_dialogue(episode: Episode) -> Dialogue | None:
    found = Dialogue.objects.filter(
        scene__utterance__episode=episode, state=DialogueState.SUBMITTED
    )
    return found.order_by("pk").first()
