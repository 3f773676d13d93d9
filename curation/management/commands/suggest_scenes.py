"""``manage.py suggest_scenes``: scenes from who speaks, for a whole project."""

from argparse import ArgumentParser
from typing import Any

from curation.access import ANNOTATING
from curation.access.command_line import actor_for, project_named
from curation.domain.scene_suggestions import suggest_scenes
from rickproject.lib.commands import VerbCommand
from rickproject.lib.numbers import counted


class Command(VerbCommand):
    help = "Suggest where scenes start in every episode of a project, and accept it if asked."

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, help="short name of the project")
        parser.add_argument("--episode", help="only this one, such as S1E3")
        parser.add_argument("--scenes", type=int, help="about how many scenes an episode has")
        parser.add_argument("--accept", action="store_true", help="make the suggested scenes")
        parser.add_argument("--as", dest="user", help="who acts; the project's creator if absent")

    def run(self, **options: Any) -> dict[str, Any]:
        project = project_named(options["project"])
        actor = actor_for(project, options["user"], ANNOTATING)
        answers = suggest_scenes(
            project,
            actor=actor,
            episode_code=options["episode"],
            scenes=options["scenes"],
            accept=options["accept"],
        )
        accepted = sum(answer.accepted for answer in answers)
        suggested = sum(answer.suggested for answer in answers)
        count = counted(len(answers), "episode")
        did = f"{accepted} accepted" if options["accept"] else "none accepted yet (--accept)"
        return {
            "project": project.slug,
            "episodes": [
                {
                    "code": answer.episode.code,
                    "run": answer.run.pk,
                    "scenes": answer.scenes,
                    "suggested": answer.suggested,
                    "accepted": answer.accepted,
                }
                for answer in answers
            ],
            "suggested": suggested,
            "accepted": accepted,
            "summary": f"{suggested} scene starts suggested in {count}, {did}.",
            "lines": [
                f"{answer.episode.code}: {answer.suggested} suggested, {answer.scenes} scenes now"
                for answer in answers
            ],
        }
