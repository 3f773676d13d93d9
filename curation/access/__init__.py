"""Objects reach views only through here; strangers get 404."""

from .projects import (
    ANNOTATING,
    MANAGING,
    REVIEWING,
    TALKING,
    WATCHING,
    member_project,
    project_roles,
    signed_in,
)

__all__ = [
    "ANNOTATING",
    "MANAGING",
    "REVIEWING",
    "TALKING",
    "WATCHING",
    "member_project",
    "project_roles",
    "signed_in",
]
