"""Annotations stay where they are: the rows they hang on take the corrected script's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.bulk import update_rows
from curation.enums import ScriptState
from curation.models import (
    Character,
    Episode,
    Script,
    Segmentation,
    SplitDecision,
    SuggestedBoundary,
    SuggestionRun,
    Utterance,
)

from .dialogues import settle_dialogue
from .planning import CarryOverPlan, EpisodePlan
from .scenes import settle_scenes

ASIDE = 100_000_000  # positions and numbers of nobody, so that no two rows ever share one
CONTENT = (
    "position",
    "row_number",
    "source_index",
    "missing_before",
    "character_id",
    "kind",
    "text",
)
ASSIGNMENTS = ", ".join(f"{name} = %s" for name in ("episode_id", *CONTENT))


def retire_script(script: Script) -> bool:
    """Mark the script that this one replaces as replaced and hold its scenes until the commit.

    Nobody can make or change a dialogue on its lines from here on, so that a plan made now holds.

    Returns:
        False if another file replaced it before.
    """
    old = Script.objects.filter(pk=script.replaces_id or 0, state=ScriptState.IMPORTED)
    if not old.update(state=ScriptState.REPLACED, updated_at=timezone.now()):
        return False
    layers = Segmentation.objects.filter(episode__script=script.replaces_id or 0)
    list(layers.order_by("pk").select_for_update(of=("self",)))
    return True


def carry_over(script: Script, plan: CarryOverPlan, episodes: list[int]) -> list[int]:
    """Let a script whose rows are written take the place of the one it replaces.

    Rows that are in both revisions change places: the old row, with every boundary, note and
    dialogue on it, goes to the new script with the new words, and the new row keeps the old
    words for the old script, which stays readable. Call it in the transaction that ends the
    import, after :func:`retire_script`.

    Args:
        episodes: primary keys of the written episodes, in the order of the reading.

    Returns:
        The primary keys of the new script's episodes in that order.
    """
    final = list(episodes)
    _discount_lines(script)
    for one in plan.episodes:
        if one.old is not None and one.new is not None:
            _exchange(one, one.old, Episode.objects.get(pk=episodes[one.new]))
            final[one.new] = one.old.pk
        for affected in one.dialogues:
            settle_dialogue(affected, script=script)
    record_activity(
        "script.replaced",
        project=script.project,
        actor=script.created_by,
        target=script,
        replaces=script.replaces_id,
        revision=script.revision,
        **plan.as_json()["totals"],
    )
    return final


def _exchange(plan: EpisodePlan, old: Episode, new: Episode) -> None:
    fresh = list(Utterance.objects.filter(episode=new).order_by("position").values("pk", *CONTENT))
    stored = {
        row["pk"]: row for row in Utterance.objects.filter(episode=old).values("pk", *CONTENT)
    }
    before = [stored[pk] for pk in plan.utterances]
    rows = [_placed(row, old.pk, row["pk"]) for row in (fresh[at] for at in plan.match.added)]
    rows += [_placed(row, new.pk, row["pk"]) for row in (before[at] for at in plan.match.removed)]
    for pair in plan.match.pairs:
        rows.append(_placed(fresh[pair.new], old.pk, before[pair.old]["pk"]))
        rows.append(_placed(before[pair.old], new.pk, fresh[pair.new]["pk"]))
    Utterance.objects.filter(episode__in=[old, new]).update(position=F("position") + ASIDE)
    update_rows(Utterance, ASSIGNMENTS, rows)
    _exchange_episodes(old, new)
    moved = [pair for pair in plan.match.pairs if pair.old != pair.new]
    if moved or plan.match.added or plan.match.removed:
        _forget_places(old)
        settle_scenes(old, new, plan)
    for one in plan.dialogues:
        _add_inserted(one.dialogue_id, [fresh[at]["pk"] for at in one.inserted])


def _placed(content: dict[str, Any], episode_id: int, pk: int) -> tuple[Any, ...]:
    return (episode_id, *(content[name] for name in CONTENT), pk)


def _exchange_episodes(old: Episode, new: Episode) -> None:
    """Let the old episode, with its layers, belong to the new script, and the other way round."""
    number = old.episode_number
    Episode.objects.filter(pk=new.pk).update(episode_number=number + ASIDE)
    Episode.objects.filter(pk=old.pk).update(
        script=new.script_id, title=new.title, utterance_count=new.utterance_count
    )
    Episode.objects.filter(pk=new.pk).update(
        script=old.script_id,
        episode_number=number,
        title=old.title,
        utterance_count=old.utterance_count,
    )


def _forget_places(episode: Episode) -> None:
    """Take back what hangs on rows that are gone or counts in positions."""
    own = SuggestedBoundary.objects.filter(run__episode=episode)
    own.exclude(utterance__episode=episode).delete()
    decisions = SplitDecision.objects.filter(segmentation__episode=episode)
    decisions.exclude(utterance__episode=episode).delete()
    decisions.filter(start__isnull=False).exclude(start__episode=episode).delete()
    for run in SuggestionRun.objects.filter(episode=episode, parameters__has_key="gaps"):
        run.parameters.pop("gaps")
        run.save(update_fields=["parameters"])


def _add_inserted(dialogue_id: int, utterances: Iterable[int]) -> None:
    """Put new lines inside a dialogue, left out: a dialogue is a run without holes."""
    from curation.models import Dialogue, DialogueUtterance  # noqa: PLC0415

    target = Dialogue.objects.values_list("target_character_id", flat=True).get(pk=dialogue_id)
    DialogueUtterance.objects.bulk_create(
        DialogueUtterance(
            dialogue_id=dialogue_id, utterance_id=pk, target_character_id=target, is_dropped=True
        )
        for pk in utterances
    )


def _discount_lines(script: Script) -> None:
    """Take the old revision's lines off the characters; the new ones are counted already."""
    counts = (
        Utterance.objects.filter(episode__script=script.replaces_id, character__isnull=False)
        .order_by()
        .values_list("character_id")
        .annotate(count=Count("pk"))
    )
    update_rows(
        Character,
        "utterance_count = utterance_count - %s",
        [(count, pk) for pk, count in counts],
    )
