"""The audit log in the background: what is older than the operator keeps goes."""

from datetime import timedelta

from django.utils import timezone

from curation.domain.activity import clear_account_log
from rickproject.config import get_config
from rickproject.lib.queue import sweep_task


@sweep_task("curation.clear_account_log", every_seconds=3600)
def sweep_account_log() -> None:
    """Remove old events of accounts."""
    days = timedelta(days=get_config().account_log_days)
    clear_account_log(older_than=timezone.now() - days)
