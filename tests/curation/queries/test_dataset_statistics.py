import pytest

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.training_records import Recipe
from curation.models import Character, DatasetVersion
from curation.queries.dataset_statistics import dataset_statistics, sample_records
from tests.factories import make_approved_dialogues

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> DatasetVersion:
    project = make_approved_dialogues(12)
    target = Character.objects.get(project=project, is_target=True)
    dataset = request_dataset(project, actor=project.created_by, target=target, recipe=Recipe())
    build_dataset(dataset)
    return dataset


def test_dataset_statistics_counts_every_record_once(dataset: DatasetVersion) -> None:
    statistics = dataset_statistics(dataset)
    assert [sum(b.count for b in d.bins) for d in statistics.distributions] == [12, 12]
    messages = statistics.distributions[1]
    assert (messages.minimum, messages.median, messages.maximum) == (3, 3, 3)
    assert statistics.replies == dataset.train_count
    assert statistics.system_messages == [("You are VEX.", 12)]


def test_sample_records_draws_the_same_for_the_same_seed(dataset: DatasetVersion) -> None:
    assert sample_records(dataset, seed=5) == sample_records(dataset, seed=5)
    assert len(sample_records(dataset, seed=5)) == 3
    assert len(sample_records(dataset, seed=5, size=99)) == 12
