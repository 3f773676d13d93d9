from datetime import date

import pytest

from curation.enums import Role
from tests.factories import ProjectFactory, make_member
from training.domain.api_keys import (
    ApiKeyError,
    TokensUsedUpError,
    give_back_reservations,
    make_api_key,
    note_use,
    reserve_tokens,
    revoke_api_key,
    settle_tokens,
)
from training.models import ApiKey, TokenReservation

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> ApiKey:
    project = ProjectFactory()
    person = make_member(project, Role.TESTER)  # type: ignore[arg-type]
    return make_api_key(person, name="k", projects=[project], tokens_per_month=100)[0]  # type: ignore[list-item]


def used(key: ApiKey) -> int:
    key.refresh_from_db()
    return key.used_this_month


def test_reserve_tokens_holds_what_may_be_used_until_it_is_settled(key: ApiKey) -> None:
    held = reserve_tokens(key, tokens=70)
    assert used(key) == 70
    with pytest.raises(TokensUsedUpError, match="100 tokens a month"):
        reserve_tokens(key, tokens=31)
    settle_tokens(held, used=20)
    assert used(key) == 20
    assert not TokenReservation.objects.exists()
    reserve_tokens(key, tokens=80)
    assert used(key) == 100


def test_reserve_tokens_begins_anew_with_the_month(key: ApiKey) -> None:
    held = reserve_tokens(key, tokens=90)
    past = date(2020, 1, 1)
    TokenReservation.objects.update(month=past)
    ApiKey.objects.update(usage_month=past)
    assert used(key) == 0
    reserve_tokens(key, tokens=10)
    held.refresh_from_db()
    settle_tokens(held, used=0)  # of an answer that began last month
    assert used(key) == 10


def test_give_back_reservations_frees_what_a_dead_process_held(key: ApiKey) -> None:
    held = reserve_tokens(key, tokens=70)
    assert give_back_reservations(3600) == 0
    assert used(key) == 70
    assert give_back_reservations(-1) == 1
    assert used(key) == 0
    settle_tokens(held, used=20)  # it was not dead after all, only slow
    assert used(key) == 20


def test_revoke_api_key_says_when_it_was_revoked_before(key: ApiKey) -> None:
    revoke_api_key(key, actor=key.user)
    with pytest.raises(ApiKeyError, match="revoked before"):
        revoke_api_key(key, actor=key.user)


def test_note_use_writes_once_a_minute(key: ApiKey) -> None:
    note_use(key)
    key.refresh_from_db()
    first = key.last_used_at
    note_use(key)
    key.refresh_from_db()
    assert key.last_used_at == first is not None
