"""Building and exporting dataset versions."""

from celery import shared_task

from curation.domain.dataset_build import build_dataset
from curation.domain.exports import write_export
from curation.models import DatasetVersion, Export
from curation.queries.waiting_work import waiting_datasets, waiting_exports
from rickproject.lib.queue import sweep_task


@shared_task(name="curation.build_dataset")
def build_dataset_task(*, dataset_id: int) -> None:
    """Build one dataset version that waits for it."""
    if dataset := DatasetVersion.objects.filter(pk=dataset_id).first():
        build_dataset(dataset)


@shared_task(name="curation.export_dataset")
def export_dataset_task(*, export_id: int) -> None:
    """Write the files of one export that waits for it."""
    if export := Export.objects.filter(pk=export_id).select_related("dataset").first():
        write_export(export)


@sweep_task("curation.sweep_datasets", every_seconds=15)
def sweep_datasets() -> None:
    """Send builds and exports again whose message was lost or whose worker was killed."""
    for pk in waiting_datasets():
        build_dataset_task.delay(dataset_id=pk)
    for pk in waiting_exports():
        export_dataset_task.delay(export_id=pk)
