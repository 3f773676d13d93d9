from datetime import date

import pytest

from curation.enums import Role
from tests.factories import ProjectFactory, make_member
from training.domain.api_keys import (
    ApiKeyError,
    TokensUsedUpError,
    make_api_key,
    note_use,
    reserve_tokens,
    revoke_api_key,
    settle_tokens,
)
from training.models import ApiKey

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
    month = reserve_tokens(key, tokens=70)
    assert used(key) == 70
    with pytest.raises(TokensUsedUpError, match="100 tokens a month"):
        reserve_tokens(key, tokens=31)
    settle_tokens(key, month=month, reserved=70, used=20)
    assert used(key) == 20
    reserve_tokens(key, tokens=80)
    assert used(key) == 100


def test_reserve_tokens_begins_anew_with_the_month(key: ApiKey) -> None:
    past = date(2020, 1, 1)
    ApiKey.objects.update(usage_month=past, used_tokens=100)
    assert used(key) == 0
    reserve_tokens(key, tokens=10)
    settle_tokens(key, month=past, reserved=100, used=0)  # of an answer that began last month
    assert used(key) == 10


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
