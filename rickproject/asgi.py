"""The ASGI application that uvicorn serves."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rickproject.settings")
django.setup(set_prefix=False)

from rickproject.request_threads import Application  # noqa: E402  # it reads the settings

# A request makes thousands of objects that die with it; looking for cycles every 700 of them, as by
# default, took about an eighth of the time of a save.
gc.set_threshold(20_000, 20, 20)

application = Application()
