"""Dialogues as lists show them: where, how far, by whom."""

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery

from curation.enums import DialogueState
from curation.models import Character, Dialogue, DialogueUtterance, Episode, Project


def listed_dialogues(
    project: Project,
    *,
    state: str = "",
    episode: Episode | None = None,
    target: Character | None = None,
) -> QuerySet[Dialogue]:
    """Return the dialogues of a project in the order of the script.

    Each has ``first_row`` and ``last_row`` (positions, from 0), ``line_count`` (kept ones) and
    ``last_text``, the line of the character it ends on. Removed ones only if asked for.
    """
    dialogues = Dialogue.objects.filter(project=project)
    if state:
        dialogues = dialogues.filter(state=state)
    else:
        dialogues = dialogues.exclude(state=DialogueState.REMOVED)
    if episode:
        dialogues = dialogues.filter(scene__utterance__episode=episode)
    if target:
        dialogues = dialogues.filter(target_character=target)
    ending = DialogueUtterance.objects.filter(dialogue=OuterRef("pk"), is_dropped=False).order_by(
        "-utterance__position"
    )
    return (
        dialogues.select_related("scene__utterance__episode", "target_character", "updated_by")
        .annotate(
            first_row=Min("members__utterance__position"),
            last_row=Max("members__utterance__position"),
            line_count=Count("members", filter=Q(members__is_dropped=False)),
            last_text=Subquery(ending.values("utterance__text")[:1]),
        )
        .order_by(
            "scene__utterance__episode__season_number",
            "scene__utterance__episode__episode_number",
            "first_row",
            "pk",
        )
    )


def state_counts(
    project: Project, *, episode: Episode | None = None, target: Character | None = None
) -> dict[str, int]:
    """Count the dialogues of a project, an episode or a character by state."""
    dialogues = Dialogue.objects.filter(project=project)
    if episode:
        dialogues = dialogues.filter(scene__utterance__episode=episode)
    if target:
        dialogues = dialogues.filter(target_character=target)
    counts = dict(dialogues.order_by().values_list("state").annotate(count=Count("pk")))
    return {state: counts.get(state, 0) for state in DialogueState.values}
