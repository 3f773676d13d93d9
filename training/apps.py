import importlib

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        importlib.import_module("training.tasks")  # so that enqueueing by name finds every task
        importlib.import_module("training.queries.connections")  # the rows behind the registry
