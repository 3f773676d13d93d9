"""Doors for the workers: each task takes ids, may run twice, and makes one domain call."""

from .datasets import build_dataset_task, export_dataset_task, sweep_datasets
from .imports import check_script, clear_script, import_script, sweep_scripts

__all__ = [
    "build_dataset_task",
    "check_script",
    "clear_script",
    "export_dataset_task",
    "import_script",
    "sweep_datasets",
    "sweep_scripts",
]
