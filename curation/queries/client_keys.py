"""Steps that a page sent before: known by the key that it made for them."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import Model

from curation.models import Activity


def arrived_before(verb: str, targets: Iterable[Model], *, actor: User, client_key: str) -> bool:
    """Whether this person's step with this key was made on one of these rows, whatever came after.

    Args:
        verb: the step's, as its activity says.
        targets: rows of one model.
        client_key: empty never came before.
    """
    rows = list(targets)
    if not client_key or not rows:
        return False
    return Activity.objects.filter(
        target_type=rows[0]._meta.model_name,  # Django's public name for it
        target_id__in=[row.pk for row in rows],
        verb=verb,
        actor=actor,
        detail__client_key=client_key,
    ).exists()
