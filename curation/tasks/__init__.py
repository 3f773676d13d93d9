"""Doors for the workers: each task takes ids, may run twice, and makes one domain call."""

from .datasets import build_dataset_task, export_dataset_task, sweep_datasets

__all__ = ["build_dataset_task", "export_dataset_task", "sweep_datasets"]
