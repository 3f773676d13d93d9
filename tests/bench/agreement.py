"""B6: the agreement page of an episode of 2,000 utterances that five annotators cut.

Run with ``python -m tests.bench.agreement``. Server time of the whole page, through Django's
handler, on a database of its own. The ratio compares with the reader of the same episode.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.report import Row, at_most, show

ROWS = 2_000
ANNOTATORS = 5
RUNS = 15


def prepare() -> tuple[str, str]:
    """Make the episode and its layers; return the addresses of its agreement and its reader."""
    from curation.enums import Role, SegmentationMode, SegmentationState
    from curation.models import Boundary, Segmentation, Utterance
    from tests.bench.segmenter import script
    from tests.factories import (
        CharacterFactory,
        EpisodeFactory,
        ProjectFactory,
        ScriptFactory,
        make_member,
    )

    project = ProjectFactory(slug="bench", segmentation_mode=SegmentationMode.BLIND)
    episode = EpisodeFactory(script=ScriptFactory(project=project), utterance_count=ROWS)
    people = {name: CharacterFactory(project=project, name=name) for name in set(script(ROWS))}
    Utterance.objects.bulk_create(
        Utterance(
            episode=episode,
            position=at,
            row_number=at + 2,
            character=people[name],
            text="The moon is in the fridge again and nobody can say who put it there.",
        )
        for at, name in enumerate(script(ROWS))
    )
    rows = list(Utterance.objects.filter(episode=episode).order_by("position"))
    chance = random.Random(1)
    gold = sorted(chance.sample(range(1, ROWS), 120))
    for _ in range(ANNOTATORS):
        annotator = make_member(project, Role.ANNOTATOR)
        layer = Segmentation.objects.create(
            episode=episode, annotator=annotator, state=SegmentationState.SUBMITTED
        )
        drawn = {at + chance.choice((0, 0, 0, 1)) for at in gold if chance.random() > 0.15}
        drawn |= set(chance.sample(range(1, ROWS), 12))
        Boundary.objects.bulk_create(
            Boundary(segmentation=layer, utterance=rows[at]) for at in {0, *drawn} if at < ROWS
        )
    make_member(project, Role.MANAGER)
    reader = f"/p/bench/scenes/{episode.pk}/"
    return f"{reader}agreement/", reader


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="rickproject-bench-") as folder:
        (Path(folder) / "static").mkdir()
        os.environ |= {"RICK_VAR_DIR": folder, "RICK_LOG_LEVEL": "ERROR"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "rickproject.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        pages = prepare()
        from django.conf import settings
        from django.test import Client

        from curation.models import Membership

        settings.ALLOWED_HOSTS = ["testserver"]
        client = Client()
        client.force_login(Membership.objects.get(role="manager").user)
        medians = []
        for address in pages:
            times = []
            for run in range(RUNS + 1):
                begun = time.perf_counter()
                response = client.get(address)
                took = 1000 * (time.perf_counter() - begun)
                assert response.status_code == 200, response.status_code
                if run:  # the first one loads what the page needs
                    times.append(took)
            medians.append((statistics.median(times), max(times)))
        (agreement, worst), (reader, _) = medians
        what = f"agreement page, {ROWS:,} utterances, {ANNOTATORS} annotators, median of {RUNS}"
        beside = f"{agreement / reader:.1f}x the reader of the same episode"
        show(at_most("B6", what, agreement, limit=200, beside=beside))
        show(Row("B6", "the slowest of them", f"{worst:.0f} ms"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
