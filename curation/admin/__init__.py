"""Django admin of curation."""

from .activity import ActivityAdmin
from .datasets import DatasetVersionAdmin
from .mails import OutgoingMailAdmin, SealedMailAdmin
from .projects import ProjectAdmin

__all__ = [
    "ActivityAdmin",
    "DatasetVersionAdmin",
    "OutgoingMailAdmin",
    "ProjectAdmin",
    "SealedMailAdmin",
]
