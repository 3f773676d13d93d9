"""What repeating a job keeps the same, and what is another now."""

from training.models import FineTuneJob
from training.providers.capabilities import LOCAL
from training.trainer.job import package_versions


def repeat_sentence(job: FineTuneJob) -> str:
    """Say how exactly a job that is over would be repeated here and now.

    The order is repeated in any case: dataset, base, every setting, seed. On one computer with the
    same libraries a local job then gives the same weights.
    """
    order = "Train again repeats the order: the same records, base, settings and seed."
    if job.provider != LOCAL:
        return f"{order} The provider may still draw other random numbers."
    if not job.library_versions:
        return order
    here = package_versions()
    changed = [
        f"{name} {version}, now {here.get(name, 'not installed')}"
        for name, version in sorted(job.library_versions.items())
        if here.get(name) != version
    ]
    if changed:
        return f"{order} The figures may differ: it was made with {'; '.join(changed)}."
    return f"{order} The libraries are those it was made with, so the figures are to be the same."
