import importlib

from django.apps import AppConfig


class CurationConfig(AppConfig):
    name = "curation"

    def ready(self) -> None:
        importlib.import_module("curation.tasks")  # so that enqueueing by name finds every task
