"""What the demo's team does with each episode, in the order in which it does it."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from curation.enums import WorkKind

FOLDER = Path(__file__).parent
SCRIPT_FILE = FOLDER / "the_vex_files.csv"
SCENES_FILE = FOLDER / "the_vex_files_scenes.json"
SLUG = "the-vex-files"
DIALOGUE_GOAL = 120  # more than are approved, so that there is something to forecast
NAME = "The Vex Files"
DESCRIPTION = (
    "A repair department in a lighthouse four miles inland, and Vex, who runs it. An original "
    "script to try everything on: cut it, pick her dialogues, train her, talk to her."
)
TARGET = "VEX"
REREVIEW_PERCENT = 5
BUDGET_TOKENS = 192
COST = 0.3


@dataclass(frozen=True)
class EpisodePlan:
    """Who works on an episode and how far it gets.

    Attributes:
        returned, removed: reasons; each costs the smallest dialogues that are left their approval.
        waiting: how many of the last dialogues stay with the reviewers.
        drafts: how many after those stay with the annotator.
    """

    code: str
    annotator: str
    reviewer: str = "rex"
    returned: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    waiting: int = 0
    drafts: int = 0


@dataclass(frozen=True)
class GoldScene:
    """A scene as the authors of the script cut it; ``index`` is of the row in the source."""

    index: int
    title: str
    note: str


#: Finished before the first dataset version is built.
FIRST_EPISODES = (
    EpisodePlan("S1E1", "ada", removed=("The next dialogue holds the better half of this.",)),
    EpisodePlan(
        "S1E2", "ben", returned=("A good line, but the lead-up is missing. Start earlier.",)
    ),
    EpisodePlan("S1E3", "ada"),
    EpisodePlan("S1E4", "ben", reviewer="mina", removed=("Too short to carry her voice.",)),
    EpisodePlan("S1E5", "ada", returned=("Nobody could tell what she answers here: add context.",)),
)
#: Worked on after it.
LATER_EPISODES = (
    EpisodePlan("S2E1", "ben", waiting=3),
    EpisodePlan(
        "S2E2",
        "ada",
        returned=("Please take in the question before it, or leave it out altogether.",),
        waiting=3,
        drafts=4,
    ),
)
HALF_CUT = "S2E3"
#: Its scenes were suggested by a made-up language model; one and the half cut have its notes.
DRAFTED = "S2E1"
DRAFT_MODEL = "demo-model (made up, never asked)"
DRAFTS_WAITING = 2
#: Cut by three people who did not see each other's scenes; nobody has settled it yet.
BLIND_CUT = "S2E4"
BLIND_ANNOTATORS = ("ada", "ben", "rex")
#: What the manager gave to whom by hand. The half cut episode is left, so that there is a free
#: place to share out.
GIVEN_OUT = (("S2E1", WorkKind.DIALOGUES, "ben"), ("S2E2", WorkKind.DIALOGUES, "ada"))


@cache
def gold_scenes() -> dict[str, tuple[GoldScene, ...]]:
    """Return the scenes of every episode by its code, in order."""
    episodes = json.loads(SCENES_FILE.read_text(encoding="utf-8"))["episodes"]
    return {
        f"S{one['season']}E{one['episode']}": tuple(
            GoldScene(scene["index"], scene["title"], scene["note"]) for scene in one["scenes"]
        )
        for one in episodes
    }
