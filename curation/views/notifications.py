"""What a person is told: the list, its places, and what of it comes by e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from curation import access
from curation.domain.mail_words import user_of_token
from curation.domain.mails import last_failure
from curation.domain.notification_words import excerpt_of, sentence_of
from curation.domain.notifications import choose_mail, mark_read, turn_mail_off
from curation.enums import MailChoice, NotificationKind
from curation.forms.notifications import MailForm
from curation.models import MailSetting, Notification
from curation.queries.notifications import count_unread, notifications_open_to, with_places
from rickproject.lib.numbers import is_key
from rickproject.lib.paging import open_page

from .threads import thread_address

A_PAGE = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One notification as the list shows it."""

    told: Notification
    sentence: str
    excerpt: str


@login_required
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """List what a person is told, the newest first; with ``?unread=1`` what they have not read."""
    person = access.signed_in(request)
    only_unread = request.GET.get("unread") == "1"
    found = with_places(notifications_open_to(person))
    wanted = found.filter(read_at=None) if only_unread else found
    page = open_page(wanted, number=request.GET.get("page"), size=A_PAGE)
    lines = [Line(one, sentence_of(one), excerpt_of(one)) for one in page.object_list]
    context = {
        "page": page,
        "lines": lines,
        "only_unread": only_unread,
        "unread": count_unread(person),
    }
    return render(request, "curation/notifications/list.html", context)


@login_required
@require_safe
def notification(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to the place of a notification; it is read by that."""
    person = access.signed_in(request)
    own = notifications_open_to(person).filter(pk=pk)
    told = with_places(own).first()
    if told is None:
        msg = "There is no such notification, or its place is closed to you now."
        raise Http404(msg)
    if request.method == "GET":
        mark_read(person, own)
    return redirect(_address(told))


@login_required
@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """Mark as read all notifications, or the one that the form names."""
    person = access.signed_in(request)
    named = request.POST.get("one", "")
    own = notifications_open_to(person).filter(pk=int(named)) if is_key(named) else None
    mark_read(person, own)
    return redirect("notifications")


@login_required
@require_http_methods(["GET", "POST"])
def notification_settings(request: HttpRequest) -> HttpResponse:
    """Choose what comes by e-mail."""
    person = access.signed_in(request)
    now = MailSetting.objects.filter(user=person).first() or MailSetting(user=person)
    initial = {"choice": now.choice, "hour": now.hour, "time_zone": now.time_zone}
    form = MailForm(request.POST or None, initial=initial)
    if form.is_valid():
        chosen = form.cleaned_data | {"choice": MailChoice(form.cleaned_data["choice"])}
        choose_mail(person, **chosen)
        messages.success(request, "Saved.")
        return redirect("notification_settings")
    context = {"form": form, "failure": last_failure(person)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "curation/notifications/settings.html", context, status=status)


@csrf_exempt  # the token is the right to do this; mail programs press the button without a cookie
@require_http_methods(["GET", "POST"])
def mail_off(request: HttpRequest, token: str) -> HttpResponse:
    """Turn a person's mail off by the link in each mail, without logging in; the button does it."""
    user_id = user_of_token(token)
    if user_id is None:
        msg = "This link is not whole; copy all of it from the mail."
        raise Http404(msg)
    if request.method == "POST":
        turn_mail_off(user_id)
    context = {"is_off": request.method == "POST"}
    return render(request, "curation/notifications/mail_off.html", context)


def _address(told: Notification) -> str:
    slug = told.project.slug
    if told.kind == NotificationKind.MODEL_READY:
        return reverse("chat", args=[slug])
    if told.thread:
        return thread_address(slug, told.thread)
    if told.dialogue_id:
        return reverse("dialogue", args=[slug, told.dialogue_id])
    if told.dataset:
        return reverse("dataset", args=[slug, told.dataset.number])
    return reverse("reader", args=[slug, told.episode_id])
