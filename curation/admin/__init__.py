"""Django admin of curation."""

from .activity import ActivityAdmin
from .datasets import DatasetVersionAdmin
from .projects import ProjectAdmin

__all__ = ["ActivityAdmin", "DatasetVersionAdmin", "ProjectAdmin"]
