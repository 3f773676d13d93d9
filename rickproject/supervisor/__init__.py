"""``manage.py up``: every process of the platform under one lock, started, watched and stopped."""
