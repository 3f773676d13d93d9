import pytest

from curation.models import Character, Utterance
from tests.factories import make_scene


@pytest.mark.django_db
def test_make_scene_makes_one_character_per_name_and_one_target() -> None:
    scene = make_scene("PIP: Hi.\nVEX: No.\nPIP: Yes.")
    assert Utterance.objects.filter(episode=scene.segmentation.episode).count() == 3
    assert list(Character.objects.filter(is_target=True).values_list("name", flat=True)) == ["VEX"]
    assert Character.objects.count() == 2
