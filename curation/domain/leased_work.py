"""Work in the background on one row: claimed, kept while it lasts, ended once or failed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.utils import timezone

from curation.domain import leases
from curation.domain.leases import LeaseLostError
from rickproject.lib.errors import RickError

LEASE_SECONDS = 120
RENEWALS_A_LEASE = 4


@dataclass(frozen=True)
class Stages:
    """The states a row goes through, and what is said when its worker stopped too often."""

    waiting: str
    working: str
    failed: str
    gave_up: str


@dataclass
class Hold:
    """A claimed row; every write asks the database whether it is still ours."""

    row: Model
    stages: Stages
    owner: str = field(default_factory=leases.new_owner)
    renewed_at: float = field(default_factory=time.monotonic)

    def keep(self, **values: Any) -> None:
        """Renew the lease and write progress with the same update.

        Raises:
            LeaseLostError: somebody else has the row.
        """
        if not leases.renew(self.row, self.owner, seconds=LEASE_SECONDS, **values):
            raise LeaseLostError
        self.renewed_at = time.monotonic()

    def step(self) -> None:
        """Renew the lease where a quarter of it is over; cheap enough for every record.

        Raises:
            LeaseLostError: somebody else has the row.
        """
        if time.monotonic() - self.renewed_at > LEASE_SECONDS / RENEWALS_A_LEASE:
            self.keep()

    def end(self, state: str, **values: Any) -> None:
        """Give the row its last state and the lease back.

        Raises:
            LeaseLostError: somebody else has the row; nothing is written.
        """
        changed = (
            type(self.row)
            ._default_manager.filter(
                pk=self.row.pk, lease_owner=self.owner, state=self.stages.working
            )
            .update(
                state=state,
                lease_owner="",
                lease_until=None,
                updated_at=timezone.now(),
                **({"error_code": "", "error_detail": ""} | values),
            )
        )
        if not changed:
            raise LeaseLostError
        self.row.refresh_from_db()


def work_on(row: Model, stages: Stages, work: Callable[[Hold], None]) -> bool:
    """Claim a row and do its work; safe to call twice or at once.

    Args:
        work: ends the row itself; a ``RickError`` of it fails the row with that sentence.

    Returns:
        False when the row is somebody else's, or became so meanwhile, or is done already.
    """
    hold = Hold(row, stages)
    if not leases.claim(
        row,
        hold.owner,
        states=[stages.waiting],
        working_state=stages.working,
        seconds=LEASE_SECONDS,
    ):
        return False
    try:
        if row.attempts > leases.MAXIMUM_ATTEMPTS:  # type: ignore[attr-defined]
            hold.end(stages.failed, error_code="attempts", error_detail=stages.gave_up)
        else:
            _do_or_fail(hold, work)
    except LeaseLostError:
        return False
    return True


def _do_or_fail(hold: Hold, work: Callable[[Hold], None]) -> None:
    try:
        work(hold)
    except RickError as error:
        hold.end(hold.stages.failed, error_code=error.code, error_detail=str(error))
