"""The figures of a local job as the protocol's result file has them."""

import csv
import io
from collections import defaultdict

from training.models import FineTuneJob, MetricPoint

# The protocol's column → where its figure is: whole-split values stand for samples, which the
# local trainer does not draw.
COLUMNS = {
    "train_loss": ("train_loss",),
    "train_accuracy": ("train_mean_token_accuracy",),
    "valid_loss": ("valid_loss", "full_valid_loss"),
    "valid_mean_token_accuracy": ("valid_mean_token_accuracy", "full_valid_mean_token_accuracy"),
}


def result_csv(job: FineTuneJob) -> str:
    """Return the CSV of a job's steps, empty where it has no figures; step 0 is the base's."""
    steps: dict[int, dict[str, float]] = defaultdict(dict)
    for step, name, value in MetricPoint.objects.filter(job=job, step__gt=0).values_list(
        "step", "name", "value"
    ):
        steps[step][name] = value
    if not steps:
        return ""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["step", *COLUMNS])
    for step, figures in sorted(steps.items()):
        cells = [
            next((figures[n] for n in names if n in figures), "") for names in COLUMNS.values()
        ]
        if any(cell != "" for cell in cells):
            table.writerow([step, *cells])
    return text.getvalue()
