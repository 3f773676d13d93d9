"""Scripts in the background: check, import, clear, and the sweep that finds lost ones."""

from celery import shared_task

from curation.domain import imports
from rickproject.lib.queue import sweep_task


@shared_task(name="curation.check_script")
def check_script(*, script_id: int) -> None:
    """Run the dry run of one uploaded file."""
    imports.check_script(script_id)


@shared_task(name="curation.import_script")
def import_script(*, script_id: int) -> None:
    """Write one confirmed script."""
    imports.import_script(script_id)


@shared_task(name="curation.clear_script")
def clear_script(*, script_id: int) -> None:
    """Remove one discarded script."""
    imports.clear_script(script_id)


@sweep_task("curation.sweep_scripts", every_seconds=15)
def sweep_scripts() -> None:
    """Send again the tasks of scripts that nobody works on."""
    imports.resume_waiting_scripts()
