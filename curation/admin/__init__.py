"""Django admin of curation."""

from .datasets import DatasetVersionAdmin
from .projects import ActivityAdmin, ProjectAdmin

__all__ = ["ActivityAdmin", "DatasetVersionAdmin", "ProjectAdmin"]
