"""The ASGI application that uvicorn serves."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rickproject.settings")
django.setup(set_prefix=False)

from rickproject.request_threads import Application  # noqa: E402  # it reads the settings

application = Application()
