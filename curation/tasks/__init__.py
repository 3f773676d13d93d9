"""Doors for the workers: each task takes ids, may run twice, and makes one domain call."""

from .datasets import build_dataset_task, export_dataset_task

__all__ = ["build_dataset_task", "export_dataset_task"]
