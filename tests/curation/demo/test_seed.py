"""The seeded demo shows work in every state, made by the rules that hold for everybody."""

import hashlib
import stat
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.conf import settings
from django.contrib.auth.hashers import get_hashers
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import DjangoDbBlocker

from curation.demo.people import PEOPLE, accounts_file, hand_out_passwords
from curation.demo.plan import DRAFT_MODEL, DRAFTS_WAITING, SLUG
from curation.demo.seed import seed_demo
from curation.domain.adjudication import lay_table
from curation.domain.exports import exports_folder
from curation.domain.suggester_scores import score_suggesters
from curation.domain.team_agreement import agreement_of_episodes
from curation.enums import (
    DatasetState,
    Decision,
    DialogueState,
    ExportState,
    Role,
    Split,
    WorkKind,
)
from curation.models import (
    Activity,
    Boundary,
    DatasetRecord,
    Dialogue,
    DialogueRevision,
    Episode,
    ExportFile,
    Membership,
    Project,
    Review,
    SuggestedBoundary,
)
from curation.queries.assignments import free_work
from curation.queries.dialogue_members import has_hand_in
from curation.queries.layers import cuts_blind
from curation.queries.scenes import dialogue_spans, episode_summaries, imported_episodes
from rickproject.config import get_config
from training.demo.requests import record_demo_requests
from training.domain.suggestion_limits import spending_of
from training.domain.suggestions import missing_for_suggestions
from training.queries.suggestions import costs_of_models

pytestmark = pytest.mark.django_db
CONTEXT_OF_SCRIPT_BASE = 1024
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # as every test has them


@pytest.fixture(scope="module")
def demo(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Project]:
    """Seed once for the tests that only look; rolled back after the last of them."""
    with (
        pytest.MonkeyPatch.context() as patch,
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        patch.setattr(get_config(), "var_dir", tmp_path_factory.mktemp("var"))
        patch.setattr(settings, "PASSWORD_HASHERS", QUICK_HASHERS)
        get_hashers.cache_clear()
        assert seed_demo()
        yield Project.objects.get(slug=SLUG)
        transaction.set_rollback(True)


def test_seed_shows_dialogues_in_every_state(demo: Project) -> None:
    found = Counter(Dialogue.objects.filter(project=demo).values_list("state", flat=True))
    assert set(found) == set(DialogueState.values)
    assert 62 <= found[DialogueState.APPROVED] <= 75
    assert min(found.values()) >= 2


def test_seed_leaves_one_episode_untouched_and_one_half_cut(demo: Project) -> None:
    states = {
        one.code: (one.layer_state, one.scenes)
        for one in episode_summaries(imported_episodes(demo))
    }  # type: ignore[attr-defined]
    assert states["S2E4"] == (None, 0)
    assert states["S2E3"][0] == "in_progress"
    assert Counter(state for state, _ in states.values())["submitted"] == 7
    open_ones = SuggestedBoundary.objects.filter(run__episode__title="Mother Is Visiting")
    assert {one.state for one in open_ones} == {"open", "accepted", "dismissed"}


def test_seed_leaves_one_free_place_to_share_out(demo: Project) -> None:
    free = {kind: [one.code for one in free_work(demo, kind)] for kind in WorkKind}
    assert {kind: codes for kind, codes in free.items() if codes} == {WorkKind.SCENES: ["S2E3"]}


def test_seed_leaves_one_episode_to_be_settled_between_three(demo: Project) -> None:
    episode = Episode.objects.get(script__project=demo, season_number=2, episode_number=4)
    assert cuts_blind(episode)
    (found,) = agreement_of_episodes(1, [episode]).of_episodes([episode])
    assert found.layers == 3
    similarity = found.figures.similarity.value
    assert isinstance(similarity, float)
    assert 0.5 < similarity < 1
    table = lay_table(episode)
    assert table.shared
    assert {split.candidate.verdict.value for split in table.splits} == {"majority"}


def test_seed_notes_every_agreed_scene(demo: Project) -> None:
    agreed = Boundary.objects.filter(
        segmentation__episode__script__project=demo,
        segmentation__state="submitted",
        segmentation__annotator=None,
        is_active=True,
    )
    assert agreed.count() >= 50
    assert not agreed.filter(note="").exists()
    assert not agreed.filter(title="").exists()


def test_seed_shows_drafts_of_a_model_that_was_never_asked(demo: Project) -> None:
    assert record_demo_requests() == 3
    assert record_demo_requests() == 0
    scores = {one.key: one for one in score_suggesters(demo).suggesters}
    drafted = scores["llm", DRAFT_MODEL]
    assert len(drafted.by_episode) == 1
    for fates in (drafted.scenes, drafted.notes):
        assert fates.accepted
        assert fates.edited
        assert fates.dismissed
    assert drafted.notes.waiting == DRAFTS_WAITING
    assert len(scores) >= 2
    costs = {cost.kind: cost for cost in costs_of_models(demo)}
    assert 0 < costs["scenes"].usd < 1
    assert costs["notes"].answers == 10
    assert missing_for_suggestions().startswith("No language model is set up here")
    assert spending_of(demo).tokens == 0


def test_seed_has_nobody_decide_on_their_own_work(demo: Project) -> None:
    reviews = Review.objects.filter(dialogue__project=demo).select_related("dialogue", "reviewer")
    assert {review.decision for review in reviews} == set(Decision.values)
    assert not [one for one in reviews if has_hand_in(one.reviewer, one.dialogue)]
    assert all(one.reason for one in reviews if one.decision != Decision.APPROVED)
    for dataset in demo.datasets.exclude(decided_by=None):
        assert dataset.decided_by_id != dataset.created_by_id


def test_seed_ends_every_approved_dialogue_on_the_target(demo: Project) -> None:
    for dialogue in Dialogue.objects.filter(project=demo, state=DialogueState.APPROVED):
        last = dialogue.members.filter(is_dropped=False).last()
        assert last is not None
        assert last.utterance.character.name == "VEX"
    spans = [dialogue_spans(episode) for episode in imported_episodes(demo)]
    for in_order in spans:
        assert all(a.last < b.first for a, b in pairwise(in_order))


def test_seed_has_one_version_approved_and_exported_and_one_waiting(demo: Project) -> None:
    first, second = demo.datasets.order_by("number")
    assert (first.state, second.state) == (DatasetState.APPROVED, DatasetState.WAITING)
    assert first.sha256 != second.sha256
    assert (first.created_by.username, first.decided_by.username) == ("mina", "admin")
    assert not [one.message for version in (first, second) for one in version.findings.all()]
    export = first.exports.get()
    assert export.state == ExportState.DONE
    for file in ExportFile.objects.filter(export=export):
        path = exports_folder() / file.stored_path
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def test_seed_splits_by_scene_and_fits_the_small_model(demo: Project) -> None:
    for version in demo.datasets.all():
        records = DatasetRecord.objects.filter(dataset=version)
        scenes: dict[int, set[str]] = {}
        for scene, split in records.values_list("dialogue__scene", "split"):
            scenes.setdefault(scene, set()).add(split)
        assert all(len(splits) == 1 for splits in scenes.values())
        assert records.filter(split=Split.VALIDATION).count() >= 5
        assert max(records.values_list("token_count", flat=True)) <= CONTEXT_OF_SCRIPT_BASE // 2


def test_seed_dates_the_work_in_its_order_on_several_days(demo: Project) -> None:
    moments = list(
        Activity.objects.filter(project=demo)
        .exclude(verb="project.demo_seeded")
        .order_by("pk")
        .values_list("created_at", flat=True)
    )
    assert moments == sorted(moments)
    assert len(set(moments)) == len(moments)
    assert len({moment.date() for moment in moments}) >= 3
    assert {moment.weekday() for moment in moments} <= set(range(5))
    for dialogue in Dialogue.objects.filter(project=demo).exclude(submitted_at=None):
        assert dialogue.created_at < dialogue.submitted_at <= dialogue.updated_at
    for revision in DialogueRevision.objects.filter(dialogue__project=demo):
        assert revision.created_at < moments[-1]


def test_seed_writes_accounts_that_only_the_operator_reads(demo: Project) -> None:
    path = accounts_file()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    assert [row[0] for row in rows] == [person.name for person in PEOPLE]
    for name, password, role in rows:
        user = User.objects.get(username=name)
        assert len(password) >= 16
        assert user.check_password(password)
        assert user.is_superuser == user.is_staff == (role == "admin")
        roles = Membership.objects.filter(user=user).values_list("role", flat=True)
        assert list(roles) == ([] if role == "admin" else [role])
    assert {row[2] for row in rows} >= {*Role.values, "admin"}


def test_seed_changes_nothing_the_second_time(demo: Project) -> None:
    before = accounts_file().read_bytes(), Activity.objects.count(), Dialogue.objects.count()
    assert seed_demo() is False
    assert before == (
        accounts_file().read_bytes(),
        Activity.objects.count(),
        Dialogue.objects.count(),
    )
    assert hand_out_passwords() is False
