"""Tasks of the platform itself."""

import socket

from celery import shared_task

from rickproject.heartbeats import note_heartbeat as write_heartbeat


@shared_task(name="rickproject.note_heartbeat")
def note_heartbeat(*, queue: str) -> None:
    """Show that a worker of this queue takes work: a living process alone proves nothing."""
    write_heartbeat(f"queue:{queue}", detail=socket.gethostname())
