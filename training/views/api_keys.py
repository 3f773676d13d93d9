"""One's API keys: made, seen, taken back."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from curation.access import signed_in
from training.access.api_keys import own_api_key
from training.domain.api_keys import ApiKeyError, make_api_key, revoke_api_key, tokens_allowed
from training.forms.api_keys import ApiKeyForm
from training.queries.api_keys import keys_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def api_keys(request: HttpRequest) -> HttpResponse:
    """List one's keys; make one, whose secret this answer alone shows."""
    user = signed_in(request)
    if request.method != "POST":
        return _page(request, ApiKeyForm(user=user))
    form = ApiKeyForm(request.POST, user=user)
    if form.is_valid():
        values = form.cleaned_data
        try:
            key, secret = make_api_key(user, **values | {"projects": list(values["projects"])})
        except ApiKeyError as error:
            form.add_error(None, str(error))
        else:
            return _page(request, ApiKeyForm(user=user), made=key.name, secret=secret)
    return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@login_required
@require_POST
def api_key_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one of one's keys back."""
    user = signed_in(request)
    key = own_api_key(user, pk)
    try:
        revoke_api_key(key, actor=user)
        messages.success(request, f"The key “{key.name}” opens nothing any more.")
    except ApiKeyError as error:
        messages.warning(request, str(error))
    return redirect("api_keys")


def _page(
    request: HttpRequest,
    form: ApiKeyForm,
    *,
    made: str = "",
    secret: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    keys = list(keys_of(signed_in(request)))
    context = {
        "form": form,
        "keys": [(key, tokens_allowed(key)) for key in keys],
        "made": made,
        "secret": secret,
        "base_url": request.build_absolute_uri("/v1"),
        "is_open": bool(form.errors) or not keys,
    }
    return render(request, "training/api_keys/keys.html", context, status=status)
