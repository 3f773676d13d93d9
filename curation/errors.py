"""Errors of curation: each is a sentence for the person who caused it."""

from rickproject.lib.errors import RickError


class CurationError(RickError):
    """A rule of curation was broken."""

    code = "curation_error"


class StaleRevisionError(CurationError):
    """What the person saw was changed by somebody else in the meantime."""

    code = "stale_revision"


class PermissionRuleError(CurationError):
    """The person has the page but not the right to this decision."""

    code = "not_allowed"
