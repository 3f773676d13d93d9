"""The demo's dialogues in every state of the team's work."""

from collections.abc import Iterator

from django.contrib.auth.models import User

from curation.demo.plan import BUDGET_TOKENS, COST, EpisodePlan
from curation.domain.dialogues import submit_dialogue, take_out_directions
from curation.domain.proposals import Wish, accept_proposals, project_scenes
from curation.domain.reviews import approve_dialogue, discard_dialogue, return_dialogue
from curation.models import Character, Dialogue, Episode


def make_dialogues(
    episode: Episode, plan: EpisodePlan, *, target: Character, annotator: User, reviewer: User
) -> None:
    """Take up the proposals for an episode and carry each as far as the plan says."""
    wish = Wish(target=target, budget=BUDGET_TOKENS, cost=COST)
    scenes = project_scenes(target, episode_id=episode.pk)
    made = accept_proposals(scenes, wish=wish, actor=annotator).dialogues
    cleaned = [
        take_out_directions(dialogue, actor=annotator, revision=dialogue.revision)
        for dialogue in made
    ]
    submitted = [
        submit_dialogue(dialogue, actor=annotator, revision=dialogue.revision)
        for dialogue in cleaned[: len(cleaned) - plan.drafts]
    ]
    decide_on(submitted[: len(submitted) - plan.waiting], plan, reviewer=reviewer)


def decide_on(dialogues: list[Dialogue], plan: EpisodePlan, *, reviewer: User) -> None:
    """Return and remove the smallest for the plan's reasons, approve the others."""
    smallest = iter(sorted(dialogues, key=lambda one: (one.members.count(), one.pk)))
    returned = _with_reasons(smallest, plan.returned)
    removed = _with_reasons(smallest, plan.removed)
    for dialogue in dialogues:
        seen = dialogue.revision
        if why := returned.get(dialogue.pk):
            return_dialogue(dialogue, reviewer=reviewer, revision=seen, reason=why)
        elif why := removed.get(dialogue.pk):
            discard_dialogue(dialogue, reviewer=reviewer, revision=seen, reason=why)
        else:
            approve_dialogue(dialogue, reviewer=reviewer, revision=seen)


def _with_reasons(dialogues: Iterator[Dialogue], reasons: tuple[str, ...]) -> dict[int, str]:
    return {dialogue.pk: reason for reason, dialogue in zip(reasons, dialogues, strict=False)}
