"""Opening an invitation's link, and joining the project it is for."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from curation.access import signed_in
from curation.errors import CurationError
from rickproject.accounts.pending import (
    joined_address,
    just_joined,
    owns_account,
    pending_invitation,
    proven_addresses,
    remember_invitation,
    use_invitation,
)
from rickproject.config import get_config


@require_GET
@never_cache
def join_link(request: HttpRequest, token: str) -> HttpResponse:
    """Take the token out of the address: it goes into the session as a hash."""
    remember_invitation(request, token)
    return redirect("join")


@require_http_methods(["GET", "POST"])
@never_cache
def join(request: HttpRequest) -> HttpResponse:
    """Say what the invitation is for; join with one's account, or make one first."""
    invitation = pending_invitation(request)
    if invitation is None and just_joined(request):
        return redirect(joined_address(request))
    if invitation is None:
        return render(request, "account/join.html", status=HTTPStatus.GONE)
    is_known = request.user.is_authenticated
    addresses = proven_addresses(signed_in(request)) if is_known else set()
    context = {
        "invitation": invitation,
        "issuer": get_config().oidc_name if get_config().oidc_issuer else "",
        "is_theirs": invitation.email in addresses,
        "has_account": is_known or owns_account(invitation.email),
    }
    if request.method == "POST" and is_known:
        try:
            use_invitation(request, invitation, signed_in(request), addresses)
        except CurationError as error:
            messages.error(request, str(error))
            return render(request, "account/join.html", context, status=HTTPStatus.CONFLICT)
        messages.success(request, f"You are {invitation.get_role_display()} here now.")
        return redirect(joined_address(request))
    return render(request, "account/join.html", context)
