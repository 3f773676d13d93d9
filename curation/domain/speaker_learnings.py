"""What the speaker model learned from a project, kept until the agreed episodes change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from curation.domain.speaker_learning import FEWEST_EPISODES, AgreedEpisode, learn_settings
from curation.domain.speaker_model import SpeakerModelSettings, suggest_boundaries
from curation.models import Episode, Project, SpeakerLearning
from curation.queries.agreed_layers import AgreedLayer, agreed_layers, agreed_rows

#: Learned from are the last episodes of the story, so many at most: more teach nothing new.
MOST_EPISODES = 8
#: Part of what a learning is known by; raise it when the way of learning changes.
METHOD = 1
_NAMES = frozenset(field.name for field in fields(SpeakerModelSettings))


@dataclass(frozen=True, slots=True)
class KnownSettings:
    """Learned settings, and from how many agreed episodes they were learned."""

    settings: SpeakerModelSettings
    episodes: int


def known_settings(episode: Episode) -> KnownSettings | None:
    """Return what was learned for an episode, never from the episode itself.

    Nothing is learned here: a task does that within a minute after the scenes were agreed on.

    Returns:
        None while there are too few other agreed episodes, or while learning is still to come.
    """
    project = episode.script.project
    layers = agreed_layers(project)
    own = episode.pk if any(layer.episode_id == episode.pk for layer in layers) else None
    wanted = _lessons(layers, without=own)
    if len(wanted) < FEWEST_EPISODES:
        return None
    row = SpeakerLearning.objects.filter(
        project=project, left_out=own, fingerprint=_fingerprint(wanted, left_out=own)
    ).first()
    if row is None or not row.parameters:
        return None
    values = {name: value for name, value in row.parameters.items() if name in _NAMES}
    return KnownSettings(SpeakerModelSettings(**values), row.episode_count)


def is_learning_due(project: Project) -> bool:
    """Whether the agreed episodes are others than those that were learned from."""
    layers = agreed_layers(project)
    return _kept(project) != {left_out: known_by for left_out, _, known_by in _wanted(layers)}


def learn_from_project(project: Project) -> int:
    """Learn from the project's agreed episodes, from all and from all but each; harmless twice.

    Returns:
        How many rows were written.
    """
    layers = agreed_layers(project)
    wanted = _wanted(layers)
    kept = _kept(project)
    due = [one for one in wanted if kept.get(one[0]) != one[2]]
    read = {layer: AgreedEpisode(*agreed_rows(layer)) for layer in layers} if due else {}
    for left_out, lessons, fingerprint in due:
        found = learn_settings([read[layer] for layer in lessons])
        own = next((read[layer] for layer in layers if layer.episode_id == left_out), None)
        SpeakerLearning.objects.update_or_create(
            project=project,
            left_out_id=left_out,
            defaults={
                "fingerprint": fingerprint,
                "episode_count": len(lessons),
                "parameters": asdict(found) if found else None,
                "learned_gaps": _gaps(own, found) if own and found else None,
                "built_in_gaps": _gaps(own, SpeakerModelSettings()) if own else None,
            },
        )
    gone = set(kept) - {left_out for left_out, _, _ in wanted}
    for left_out in gone:
        SpeakerLearning.objects.filter(project=project, left_out=left_out).delete()
    return len(due)


def _kept(project: Project) -> dict[int | None, str]:
    """Return by what each learning is known, by the episode left out."""
    rows = SpeakerLearning.objects.filter(project=project)
    return {row.left_out_id: row.fingerprint for row in rows.only("left_out", "fingerprint")}


def _wanted(
    layers: Sequence[AgreedLayer],
) -> list[tuple[int | None, list[AgreedLayer], str]]:
    """Return every learning that is to be kept: the episode left out, the lessons, their print."""
    everybody: list[int | None] = [None] if len(layers) >= FEWEST_EPISODES else []
    everybody += [layer.episode_id for layer in layers[-MOST_EPISODES:]]
    found = []
    for left_out in everybody:
        lessons = _lessons(layers, without=left_out)
        found.append((left_out, lessons, _fingerprint(lessons, left_out=left_out)))
    return found


def _lessons(layers: Sequence[AgreedLayer], *, without: int | None) -> list[AgreedLayer]:
    return [layer for layer in layers if layer.episode_id != without][-MOST_EPISODES:]


def _fingerprint(lessons: Sequence[AgreedLayer], *, left_out: int | None) -> str:
    parts = [[layer.episode_id, layer.layer_id, layer.revision] for layer in lessons]
    return hashlib.sha256(json.dumps([METHOD, left_out, parts]).encode()).hexdigest()


def _gaps(episode: AgreedEpisode, settings: SpeakerModelSettings) -> list[int]:
    if len(episode.speakers) < 2:
        return []
    return list(suggest_boundaries(episode.speakers, settings=settings).boundaries)
