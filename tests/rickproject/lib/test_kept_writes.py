"""Rows that are written by SQL that Django made once."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from curation.enums import SegmentationState
from curation.models import Activity, ContextNote, Segmentation
from rickproject.lib.kept_queries import Given
from rickproject.lib.kept_writes import KeptInsert, KeptUpdate
from tests.factories import BoundaryFactory, ProjectFactory, SegmentationFactory, UserFactory

pytestmark = pytest.mark.django_db

CLAIM = KeptUpdate(
    lambda: Segmentation.objects.filter(pk=Given("pk"), revision=Given("seen")).exclude(
        state=SegmentationState.SUBMITTED
    ),
    *("revision", "state", "updated_by", "updated_at"),
)


def test_kept_insert_writes_what_create_does() -> None:
    project, actor = ProjectFactory(), UserFactory()
    facts = {
        "project": project,
        "actor": actor,
        "verb": "moon.taken",
        "target_type": "moon",
        "target_id": 7,
        "target_label": "the ’moon’",
        "detail": {"on": [1, 2], "who": None},
    }
    kept = KeptInsert(Activity).create(**facts)
    plain = Activity.objects.create(**facts)
    columns = ("project", "actor", "verb", "target_type", "target_id", "target_label", "detail")
    first, second = Activity.objects.order_by("pk").values_list(*columns)
    assert first == second
    kept.refresh_from_db()
    assert kept.pk < plain.pk
    assert 0 <= (plain.created_at - kept.created_at).total_seconds() < 60
    kept.verb = "moon.back"
    kept.save()  # a row that is there is updated
    assert Activity.objects.count() == 2


def test_kept_insert_is_refused_by_the_database_and_rolled_back() -> None:
    note = {"scene": BoundaryFactory(), "revision": 1, "author": UserFactory()}
    insert = KeptInsert(ContextNote)
    insert.create(**note)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert.create(**note)
    assert ContextNote.objects.count() == 1


def test_kept_update_changes_what_its_values_find_and_says_how_many() -> None:
    layer, other, actor = SegmentationFactory(revision=3), SegmentationFactory(), UserFactory()
    now = timezone.now()
    new = {
        "set_revision": 4,
        "set_state": SegmentationState.IN_PROGRESS,
        "set_updated_by": actor.pk,
        "set_updated_at": now,
    }
    assert CLAIM.run(pk=layer.pk, seen=2, **new) == 0
    with CaptureQueriesContext(connection) as captured:
        assert CLAIM.run(pk=layer.pk, seen=3, **new) == 1
    assert len(captured) == 1
    layer.refresh_from_db()
    other.refresh_from_db()
    assert (layer.revision, layer.state, layer.updated_by, layer.updated_at) == (
        *(4, "in_progress", actor),
        now,
    )
    assert other.revision == 0
    Segmentation.objects.filter(pk=layer.pk).update(state=SegmentationState.SUBMITTED)
    assert CLAIM.run(pk=layer.pk, seen=4, **new) == 0
