"""API keys reach pages only through here; nobody sees another person's."""

from django.contrib.auth.models import User
from django.http import Http404

from training.models import ApiKey


def own_api_key(user: User, pk: int) -> ApiKey:
    """Return a key of the person's own.

    Raises:
        Http404: it is somebody else's, or there is none.
    """
    key = ApiKey.objects.filter(user=user, pk=pk).first()
    if key is None:
        msg = "There is no such key of yours."
        raise Http404(msg)
    return key
