"""Objects reach views only through here; strangers get 404."""

from .projects import (
    ANNOTATING,
    MANAGING,
    REVIEWING,
    TALKING,
    WATCHING,
    may_create_project,
    member_project,
    project_invitation,
    project_member,
    project_roles,
    signed_in,
)

__all__ = [
    "ANNOTATING",
    "MANAGING",
    "REVIEWING",
    "TALKING",
    "WATCHING",
    "may_create_project",
    "member_project",
    "project_invitation",
    "project_member",
    "project_roles",
    "signed_in",
]
