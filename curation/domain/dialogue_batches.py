"""Several changes of a dialogue that arrive together: kept in a browser while it was offline."""

from collections.abc import Callable, Collection, Sequence

from django.db import transaction

from curation.domain.dialogue_edits import check_seen, read_members
from curation.errors import CurationError, StaleRevisionError
from curation.models import Dialogue

Change = Callable[[Dialogue], Dialogue]


@transaction.atomic
def apply_batch(
    dialogue: Dialogue,
    *,
    revision: int,
    changes: Sequence[Change],
    submissions: Collection[int] = (),
) -> tuple[Dialogue, list[str]]:
    """Make changes one after the other; one that a rule refuses is passed over and told.

    Nothing is submitted after a refusal: it would not be what its author saw.

    Args:
        revision: the one that the first change was made on.
        changes: each takes the dialogue as the one before left it.
        submissions: which of the changes, from 0, submit it.

    Returns:
        The dialogue, and a sentence for each change that was refused.

    Raises:
        StaleRevisionError: somebody changed it after ``revision``; nothing is written.
        DialogueStateError: it is removed; nothing is written.
    """
    check_seen(dialogue, revision=revision)
    refused: list[str] = []
    for number, change in enumerate(changes):
        if refused and number in submissions:
            refused.append("It is not submitted, for a change before was refused. Look at it.")
            continue
        try:
            with transaction.atomic():
                dialogue = change(dialogue)
        except StaleRevisionError:
            raise
        except CurationError as error:
            refused.append(str(error))
            dialogue.refresh_from_db()
    return dialogue, refused


def has_batch(dialogue: Dialogue, *, changes: Sequence[Change]) -> bool:
    """Whether the dialogue is already as these changes would leave it: only an answer was lost.

    They are made and looked at; nothing of it is kept.
    """
    with transaction.atomic():
        before = read_members(dialogue)
        try:
            apply_batch(dialogue, revision=dialogue.revision, changes=changes)
            return read_members(dialogue) == before
        except CurationError:
            return False
        finally:
            transaction.set_rollback(True)
