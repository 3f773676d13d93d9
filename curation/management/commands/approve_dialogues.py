from argparse import ArgumentParser
from typing import Any

from curation.access import REVIEWING
from curation.access.command_line import actor_for, project_named
from curation.domain.reviews import approve_dialogues
from curation.queries.review_queue import waiting_dialogues
from rickproject.lib.commands import VerbCommand


class Command(VerbCommand):
    help = "Approve every submitted dialogue of a project that this person may decide on."

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True)
        parser.add_argument("--as", dest="username", required=True, help="the reviewer")

    def run(self, **options: Any) -> dict[str, Any]:
        project = project_named(options["project"])
        reviewer = actor_for(project, options["username"], REVIEWING)
        outcome = approve_dialogues(waiting_dialogues(project), reviewer=reviewer)
        refused = [
            {"dialogue": dialogue.pk, "reason": sentence} for dialogue, sentence in outcome.refused
        ]
        return {
            "summary": f"{len(outcome.done)} dialogues approved, {len(refused)} not.",
            "lines": [one["reason"] for one in refused],
            "approved": len(outcome.done),
            "dialogues": [dialogue.pk for dialogue in outcome.done],
            "refused": refused,
            "exit_code": 1 if refused and not outcome.done else 0,
        }
