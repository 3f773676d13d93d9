"""The Celery application: workers carry ids only, the truth is in the rows."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rickproject.settings")

app = Celery("rickproject")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["curation", "training", "rickproject"])
