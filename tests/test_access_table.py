"""Every route times every kind of person, against the written table."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp_auth
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from curation.domain.activity import record_activity
from curation.domain.invitations import invite_person
from curation.domain.mail_words import off_token
from curation.domain.threads import open_thread
from curation.enums import AssignmentOrigin, DatasetState, NotificationKind, Role, WorkKind
from curation.models import DatasetVersion, Membership, Notification, Utterance
from tests.access_table import (
    CREATORS,
    KEY,
    LOGIN,
    NOBODY,
    OWNER,
    PUBLIC,
    ROUTES,
    SECOND_STEP,
    SIGNED_IN,
    TOLD,
    Route,
)
from tests.factories import (
    FineTuneJobFactory,
    MembershipFactory,
    ModelVersionFactory,
    SuggestionRequestFactory,
    UserFactory,
    make_approved_dialogues,
    make_member,
)
from training.domain.api_keys import make_api_key
from training.domain.chat import start_conversation
from training.models import FineTuneJob, Sweep

pytestmark = pytest.mark.django_db
PEOPLE = ["anonymous", "stranger", "staff", *Role.values, "superuser"]
REFUSED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


def route_names(resolver: Any = None) -> Iterator[str]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace == "admin":
            continue  # Django's own site has its own rules
        if isinstance(entry, URLResolver):
            yield from route_names(entry)
        elif isinstance(entry, URLPattern) and entry.name:
            yield entry.name


class World:
    """One project with a row for every address, and one person of each kind."""

    def __init__(self) -> None:
        self.project = make_approved_dialogues(1)
        self.people: dict[str, User] = {
            role: make_member(self.project, Role(role)) for role in Role.values
        }
        self.people["stranger"] = UserFactory()
        MembershipFactory(user=self.people["stranger"], role=Role.MANAGER)
        self.people["staff"] = UserFactory(is_staff=True)
        self.people["superuser"] = UserFactory(is_staff=True, is_superuser=True)
        totp_auth.TOTP.activate(self.people["tester"], totp_auth.generate_totp_secret())
        RecoveryCodes.activate(self.people["tester"])
        self.values = self._values()

    def _values(self) -> dict[str, Any]:
        utterance = Utterance.objects.select_related("episode__script", "character").first()
        assert utterance
        dataset = DatasetVersion.objects.create(
            project=self.project,
            number=1,
            target_character=self.project.characters.get(is_target=True),
            recipe={},
            seed=1,
            state=DatasetState.APPROVED,
            created_by=self.project.created_by,
        )
        export = dataset.exports.create(created_by=self.project.created_by)
        file = export.files.create(name="f", stored_path="none", sha256="0", byte_size=0)
        model = ModelVersionFactory(project=self.project)
        self.owner = self.people["tester"]
        talk = start_conversation(self.project, user=self.owner, model=model)
        dialogue = self.project.dialogues.first()
        assert dialogue
        return {
            "slug": self.project.slug,
            "invitation": invite_person(
                self.project,
                email="new@example.org",
                role=Role.ANNOTATOR,
                actor=self.project.created_by,
                is_mailed=False,
            )[0].pk,
            "login": self._login,
            "uid": "1",
            "token": "long-gone",
            "script": utterance.episode.script_id,
            "episode": utterance.episode_id,
            "character": utterance.character_id,
            "scene": dialogue.scene_id,
            "dialogue": dialogue.pk,
            "thread": open_thread(
                self.project, on=dialogue, author=self.project.created_by, text="Why?"
            ).pk,
            "assignment": self.project.assignments.create(
                episode=utterance.episode,
                kind=WorkKind.SCENES,
                person=self.owner,
                place=1,
                origin=AssignmentOrigin.MANUAL,
                created_by=self.project.created_by,
            ).pk,
            "notification": Notification.objects.create(
                user=self.people["annotator"],
                project=self.project,
                kind=NotificationKind.APPROVED,
                dialogue=dialogue,
            ).pk,
            "mail_token": off_token(self.owner.pk),
            "zero": 0,
            "one": 1,
            "dataset": dataset.number,
            "file": file.pk,
            "conversation": talk.pk,
            "model": model.pk,
            "api_key": self._api_key,
            "suggestion": SuggestionRequestFactory(episode=utterance.episode).pk,
            "job": (job := FineTuneJobFactory(project=self.project, dataset=dataset)).pk,
            "sweep": self._sweep(job),
            "member": self._member,
            "activity": record_activity(
                "character.alias_set", project=self.project, actor=None, target=utterance
            ).pk,
        }

    def _sweep(self, job: FineTuneJob) -> int:
        job.sweep = Sweep.objects.create(
            project=self.project, created_by=self.project.created_by, grid={"n_epochs": [1, 2]}
        )
        job.save()
        return job.sweep.pk

    def _member(self) -> int:
        """A role that may be taken away again and again."""
        return Membership.objects.get_or_create(
            project=self.project, user=self.project.created_by, role=Role.ANNOTATOR
        )[0].pk

    def _login(self) -> int:
        """A login that may be ended again and again."""
        return UserSession.objects.get_or_create(
            user=self.owner, session_key="elsewhere", defaults={"ip": "10.0.0.1"}
        )[0].pk

    def _api_key(self) -> int:
        """A key that may be taken back again and again."""
        return make_api_key(self.owner, name="notebook", projects=[self.project])[0].pk

    def client(self, person: str, **options: Any) -> Client:
        client = Client(**options)
        if person != "anonymous":
            client.force_login(self.people[person])
        return client

    def address(self, name: str) -> str:
        values = (self.values[key] for key in ROUTES[name].names)
        return reverse(name, args=[value() if callable(value) else value for value in values])

    def may(self, person: str, route: Route) -> bool:
        if route.who == PUBLIC:
            return True
        if person == "anonymous" or route.who in {NOBODY, KEY}:
            return False
        if route.who in (SIGNED_IN, SECOND_STEP):
            return route.who == SIGNED_IN or person == "tester"
        if route.who == CREATORS:
            return person in {"stranger", "staff", "superuser", "manager"}  # manages elsewhere
        if route.who in (OWNER, LOGIN, TOLD):
            return (
                self.people[person] == self.people["annotator" if route.who == TOLD else "tester"]
            )
        return person == "superuser" or person in route.who


@pytest.fixture
def world() -> World:
    return World()


def test_every_route_is_in_the_table_and_nothing_else() -> None:
    assert sorted(set(route_names())) == sorted(ROUTES)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_route_answers_each_kind_of_person_as_the_table_says(world: World, name: str) -> None:
    route, found, expected = ROUTES[name], {}, {}
    for person in PEOPLE:
        may = world.may(person, route)
        response = world.client(person).generic(route.method, world.address(name))
        status = response.status_code
        to_log_in = status == HTTPStatus.FOUND and "/login/?next=" in response.headers["Location"]
        found[person] = "log in" if to_log_in else "no" if status in REFUSED else "yes"
        expected[person] = "yes" if may else "log in" if person == "anonymous" else "no"
        if route.who in (OWNER, NOBODY) and person == "anonymous" and found[person] == "no":
            found[person] = "log in"  # the stream has no page to send people from
        if route.who == KEY:  # whoever is logged in, as if nobody were
            assert status == HTTPStatus.UNAUTHORIZED
            found[person] = expected[person] = "no"
        elif person in {"stranger", "staff"} and not may:
            assert status == HTTPStatus.NOT_FOUND, "strangers never learn that it exists"
        assert status < HTTPStatus.INTERNAL_SERVER_ERROR or name == "readyz"
    if name == "export_file":  # its file is not on the disk: 404 with another sentence
        expected = {
            person: "no" if answer == "yes" else answer for person, answer in expected.items()
        }
    assert found == expected


@pytest.mark.parametrize(
    "name",
    [n for n, route in sorted(ROUTES.items()) if route.method == "POST" and route.who != KEY],
)
def test_unsafe_route_refuses_a_form_of_another_site(world: World, name: str) -> None:
    client = world.client("tester", enforce_csrf_checks=True)
    response = client.post(world.address(name))
    assert response.status_code == HTTPStatus.FORBIDDEN


def row_counts() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label in {"curation", "training"}
    }


@pytest.mark.parametrize(
    "name", [n for n, route in sorted(ROUTES.items()) if route.method == "GET"]
)
def test_reading_changes_nothing(world: World, name: str) -> None:
    before = row_counts()
    world.client("superuser").get(world.address(name))
    assert row_counts() == before


def test_an_address_with_a_number_longer_than_any_key_leads_nowhere(world: World) -> None:
    client, slug = world.client("manager"), world.project.slug
    for name in ("reader", "line_comments", "scene_dialogues", "conversation", "dialogue"):
        args = [10**30, *([0] if len(ROUTES[name].names) > 2 else [])]
        address = reverse(name, args=[slug, *args])
        assert client.get(address).status_code == HTTPStatus.NOT_FOUND
    digits = "9" * 5000
    client.get(reverse("episodes", args=[slug]), {"q": digits})
    client.get(reverse("script_upload", args=[slug]), {"replaces": digits})
    client.post(reverse("notifications_read"), {"one": digits})
