"""What the frame around every page shows: the project, its places, roles, health, theme.

Everything is looked up when a template asks for it, so partials cost nothing.
"""

import json
from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from curation.access import ANNOTATING, REVIEWING, TALKING, project_roles
from curation.enums import Role
from curation.models import Project
from curation.queries.key_choices import key_choices
from curation.queries.notifications import count_unread
from rickproject.health import Health, read_health
from rickproject.lib.key_commands import Keys
from rickproject.lib.keymap import keys_now, sections_of

THEMES = ("light", "dark")
PLACES = (
    ("Script", "scripts", ANNOTATING),
    ("Scenes", "episodes", ANNOTATING),
    ("Dialogues", "dialogues", ANNOTATING),
    ("Review", "review", REVIEWING),
    ("Datasets", "datasets", REVIEWING),
    ("Training", "jobs", ANNOTATING),
    ("Chat", "chat", TALKING),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One of the seven places of a project, in the order of the work."""

    name: str
    url: str
    is_current: bool


class Frame:
    """The facts of the frame for one request."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def theme(self) -> str:
        """``light`` or ``dark`` if the person chose one, else empty: as the system says."""
        chosen = self._request.COOKIES.get("theme", "")
        return chosen if chosen in THEMES else ""

    @cached_property
    def project(self) -> Project | None:
        """The project of this address, if the person is a member of it."""
        match = self._request.resolver_match
        slug = match.kwargs.get("slug") if match else None
        if not slug or not self._request.user.is_authenticated:
            return None
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            return None
        self._held = project_roles(self._request.user, project)
        return project if self._held else None

    @cached_property
    def roles(self) -> list[Role]:
        """The roles the person holds in the project, in the order of the work."""
        return [role for role in Role if role in self._held] if self.project else []

    @property
    def project_url(self) -> str:
        """The address of the project's overview."""
        return reverse("project", args=[self.project.slug]) if self.project else "/"

    @property
    def search_url(self) -> str:
        """The address of the project's search; empty for those who do not read scripts."""
        if self.project is None or not self._held & ANNOTATING:
            return ""
        return reverse("search", args=[self.project.slug])

    @cached_property
    def places(self) -> list[Place]:
        """The places of the project that the person's roles open."""
        if self.project is None:
            return []
        places = []
        for name, route, roles in PLACES:
            if not self._held & roles:
                continue
            try:
                url = reverse(route, args=[self.project.slug])
            except NoReverseMatch:
                continue
            places.append(Place(name, url, self._request.path.startswith(url)))
        return places

    @cached_property
    def keys(self) -> dict[str, Keys]:
        """The keys of every command, as this person chose them."""
        user = self._request.user
        return keys_now(key_choices(user.pk) if user.is_authenticated else {})

    @property
    def commands(self) -> str:
        """The commands of this page as its scripts read them: heading, then what each does."""
        match = self._request.resolver_match
        found = [
            [
                section.title,
                [
                    [
                        name,
                        self.keys[name],
                        command.words,
                        [*("typing",) * command.is_typing, *("repeats",) * command.repeats]
                        + ["if_present"] * command.if_present,
                    ]
                    for command in section.commands
                    for name in [f"{section.area}.{command.name}"]
                ],
            ]
            for section in sections_of((match.url_name or "") if match else "")
        ]
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def unread(self) -> int:
        """How many notifications the person has not read."""
        user = self._request.user
        return count_unread(user) if isinstance(user, User) else 0

    @cached_property
    def health(self) -> Health:
        """Whether the work in the background goes on."""
        return read_health()


def frame(request: HttpRequest) -> dict[str, object]:
    """Give every template ``frame`` (a context processor)."""
    return {"frame": SimpleLazyObject(lambda: Frame(request))}
