from datetime import timedelta

import pytest
from django.utils import timezone

from curation.domain.leases import claim, new_owner, renew
from curation.enums import ScriptState
from tests.factories import ScriptFactory

pytestmark = pytest.mark.django_db


def take(script: object, owner: str) -> bool:
    return claim(
        script,  # type: ignore[arg-type]
        owner,
        states=[ScriptState.UPLOADED],
        working_state=ScriptState.CHECKING,
        seconds=60,
    )


def test_claim_gives_a_row_to_one_owner_only() -> None:
    script = ScriptFactory(state=ScriptState.UPLOADED)
    assert take(script, new_owner())
    assert not take(script, new_owner())
    assert (script.state, script.attempts) == (ScriptState.CHECKING, 1)


def test_claim_takes_over_a_lease_that_is_past() -> None:
    script = ScriptFactory(
        state=ScriptState.CHECKING, lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert take(script, "second")
    assert script.lease_owner == "second"


def test_renew_writes_progress_only_for_the_holder() -> None:
    script = ScriptFactory(state=ScriptState.UPLOADED)
    take(script, "me")
    assert renew(script, "me", seconds=60, rows_done=5)
    assert not renew(script, "other", seconds=60, rows_done=9)
    script.refresh_from_db()
    assert script.rows_done == 5
