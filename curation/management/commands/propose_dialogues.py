from argparse import ArgumentParser
from collections import Counter
from typing import Any

from curation.access import ANNOTATING, MANAGING
from curation.access.command_line import actor_for, project_named, speaker_named
from curation.domain.characters import mark_target
from curation.domain.dialogues import submit_dialogues
from curation.domain.proposals import (
    DEFAULT_BUDGET,
    Wish,
    accept_proposals,
    project_scenes,
    propose_for_scenes,
)
from curation.domain.training_records import Recipe
from rickproject.lib.commands import VerbCommand


class Command(VerbCommand):
    help = "Propose dialogues for every agreed scene of a project; --accept makes and submits them."

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True)
        parser.add_argument("--target", required=True, help="the character who ends them")
        parser.add_argument("--budget", type=int, default=DEFAULT_BUDGET, help="tokens of a record")
        parser.add_argument("--cost", type=float, help="lower gives more and shorter dialogues")
        parser.add_argument("--tokenizer", default=Recipe.tokenizer)
        parser.add_argument("--accept", action="store_true", help="make them and submit them")
        parser.add_argument("--as", dest="username", help="who makes them; the project's creator")

    def run(self, **options: Any) -> dict[str, Any]:
        project = project_named(options["project"])
        actor = actor_for(project, options["username"], ANNOTATING)
        target = speaker_named(project, options["target"])
        if options["accept"] and not target.is_target:
            actor_for(project, options["username"], MANAGING)  # targets are a manager's choice
            mark_target(target, user=actor, is_target=True)
        wish = Wish(
            target=target,
            budget=options["budget"],
            cost=options["cost"],
            recipe=Recipe(tokenizer=options["tokenizer"]),
        )
        scenes = project_scenes(wish.target)
        if not options["accept"]:
            found = list(propose_for_scenes(scenes, wish))
            count = sum(len(one.proposals) for one in found)
            reasons = Counter(line.reason for one in found for line in one.uncovered)
            return self.answer(f"{count} dialogues would be made", wish, scenes, reasons, count)
        accepted = accept_proposals(scenes, wish=wish, actor=actor)
        outcome = submit_dialogues(accepted.dialogues, actor=actor)
        reasons = Counter(line.reason for line in accepted.uncovered)
        words = f"{len(accepted.dialogues)} dialogues made, {len(outcome.done)} submitted"
        answer = self.answer(words, wish, scenes, reasons, len(accepted.dialogues))
        answer["lines"] += [sentence for _, sentence in outcome.refused]
        answer["submitted"] = len(outcome.done)
        answer["dialogues"] = [dialogue.pk for dialogue in outcome.done]
        answer["refused"] = [
            {"dialogue": dialogue.pk, "reason": sentence} for dialogue, sentence in outcome.refused
        ]
        return answer

    def answer(
        self, words: str, wish: Wish, scenes: list[Any], reasons: Counter[Any], count: int
    ) -> dict[str, Any]:
        """Return what is told in both cases: how many, and which lines stay uncovered."""
        left = reasons.total()
        return {
            "summary": f"{words} in {len(scenes)} scenes of {wish.target.project.name}; "
            f"{left} turns of {wish.target.name} are in no dialogue.",
            "lines": [f"{number} × {reason}" for reason, number in reasons.most_common()],
            "proposed": count,
            "uncovered": {reason.name.lower(): number for reason, number in reasons.items()},
            "budget": wish.budget,
            "cost": wish.price,
        }
