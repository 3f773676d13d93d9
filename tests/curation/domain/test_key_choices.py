"""People choose keys: kept in one form, refused with a sentence, never another person's."""

import pytest

from curation.domain.key_choices import KeyChoiceError, choose_keys
from curation.models import KeyChoice
from curation.queries.key_choices import key_choices
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_choose_keys_keeps_what_differs_from_the_default() -> None:
    ada, ben = UserFactory(), UserFactory()
    wanted = {"reader.note": ("ctrl+m", ""), "reader.next": ("j", "down"), "reader.dismiss": ()}
    kept = choose_keys(ada, wanted=wanted)
    assert kept == {"reader.note": ("Mod+M",), "reader.dismiss": ()}
    assert key_choices(ada.pk) == kept
    assert key_choices(ben.pk) == {}
    choose_keys(ada, wanted={})
    assert not KeyChoice.objects.exists()


def test_choose_keys_lets_two_commands_swap() -> None:
    kept = choose_keys(UserFactory(), wanted={"reader.note": ("Y",), "reader.accept": ("N",)})
    assert kept == {"reader.note": ("Y",), "reader.accept": ("N",)}


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"reader.note": ("J",)}, "also means “Next line”"),
        ({"reader.note": ("?",)}, "also means “Show the keys of this page”"),
        ({"reader.note": ("jj",)}, "is no key"),
        ({"reader.submit": ("S",)}, "would never write"),
        ({"reader.submit": ("Enter",)}, "would never write"),
        ({"builder.record": ("ctrl+w",)}, "belongs to the browser"),
    ],
)
def test_choose_keys_refuses_and_writes_nothing(
    wanted: dict[str, tuple[str, ...]], why: str
) -> None:
    ada = UserFactory()
    choose_keys(ada, wanted={"review.skip": ("N",)})
    with pytest.raises(KeyChoiceError) as refused:
        choose_keys(ada, wanted=wanted)
    assert why in " ".join(refused.value.problems.values())
    assert set(wanted) <= set(refused.value.problems)
    assert key_choices(ada.pk) == {"review.skip": ("N",)}
