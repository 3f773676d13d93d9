"""The page on which people choose their keys."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from curation.access import signed_in
from curation.domain.key_choices import KeyChoiceError, choose_keys
from curation.forms.keys import read_keys
from curation.queries.key_choices import key_choices
from rickproject.lib.key_commands import AREAS, SECTIONS, Keys
from rickproject.lib.keymap import COMMANDS, MOST_KEYS, PARENT, keys_now


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_settings(request: HttpRequest) -> HttpResponse:
    """Show every command with its keys; keep what the person typed, or bring defaults back."""
    person = signed_in(request)
    now = keys_now(key_choices(person.pk))
    if request.method != "POST":
        return _page(request, now, problems={})
    if request.POST.get("reset") == "all":
        choose_keys(person, wanted={})
        messages.success(request, "All keys are as they came.")
        return redirect("keys")
    wanted = now | read_keys(request.POST)
    if (one := request.POST.get("reset")) in COMMANDS:
        wanted[one] = COMMANDS[one].keys
    try:
        choose_keys(person, wanted=wanted)
    except KeyChoiceError as error:
        return _page(
            request, wanted, problems=error.problems, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    messages.success(request, "Your keys are kept. They work on every machine you log in on.")
    return redirect("keys")


def _page(
    request: HttpRequest, keys: dict[str, Keys], *, problems: dict[str, str], status: int = 200
) -> HttpResponse:
    context = {
        "areas": [
            _area(area.name, area.title, keys, problems) for area in AREAS if not area.inside
        ],
        "problems": problems,
        "changed_count": sum(keys[name] != COMMANDS[name].keys for name in COMMANDS),
    }
    return render(request, "curation/keys/settings.html", context, status=status)


def _area(name: str, title: str, keys: dict[str, Keys], problems: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "sections": [
            {
                "title": section.title,
                "rows": [
                    _row(f"{section.area}.{command.name}", keys, problems)
                    for command in section.commands
                ],
            }
            for section in SECTIONS
            if name in {section.area, PARENT[section.area]}
        ],
    }


def _row(name: str, keys: dict[str, Keys], problems: dict[str, str]) -> dict[str, Any]:
    command = COMMANDS[name]
    return {
        "name": name,
        "words": command.words,
        "keys": (*keys[name], *("",) * MOST_KEYS)[:MOST_KEYS],
        "default": command.keys,
        "is_changed": keys[name] != command.keys,
        "is_typing": command.is_typing,
        "problem": problems.get(name, ""),
    }
