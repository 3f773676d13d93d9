"""The project as an app: its commands, and the loading of every task."""

import importlib
import pkgutil

from django.apps import AppConfig

APPS_WITH_TASKS = ("rickproject", "curation", "training")


class RickprojectConfig(AppConfig):
    name = "rickproject"

    def ready(self) -> None:
        """Load every task in every process: a name that does not exist then fails at once."""
        from rickproject import celery  # noqa: F401, PLC0415  # makes our app the current one
        from rickproject.accounts import events  # noqa: F401, PLC0415  # connects its receivers

        for app in APPS_WITH_TASKS:
            import_tasks(f"{app}.tasks")


def import_tasks(name: str) -> None:
    """Import a module of tasks, or every module of a package of tasks."""
    package = importlib.import_module(name)
    for module in pkgutil.iter_modules(getattr(package, "__path__", ())):
        importlib.import_module(f"{name}.{module.name}")
