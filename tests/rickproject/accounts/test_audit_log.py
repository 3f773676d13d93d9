import csv
import io

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from curation.domain.activity import record_activity
from curation.enums import Role
from curation.models import Activity
from tests.factories import ProjectFactory, UserFactory, make_member
from tests.rickproject.accounts.ways import (
    PASSWORD,
    code_now,
    confirm,
    log_in,
    person,
    second_step,
)

pytestmark = pytest.mark.django_db
LOG = "/admin/curation/activity/"


def verbs(**of: object) -> list[str]:
    return list(Activity.objects.filter(**of).order_by("pk").values_list("verb", flat=True))


@pytest.fixture
def admin(client: Client) -> User:
    user = UserFactory(username="alma", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def test_log_tells_logins_and_failures_without_what_was_typed(client: Client) -> None:
    user = person("pip")
    log_in(client, "pip", "a wrong canary")
    log_in(client, "canary typed for a name", "x")
    log_in(client, "pip", HTTP_USER_AGENT="Firefox/140 Linux", REMOTE_ADDR="10.0.0.7")
    client.post("/accounts/logout/")
    assert verbs() == [
        "account.login_failed",
        "account.login_failed",
        "account.logged_in",
        "account.logged_out",
    ]
    failed, unknown, entered, _ = Activity.objects.order_by("pk")
    assert (failed.actor, failed.target_id, unknown.target_id) == (None, user.pk, 0)
    assert entered.actor == user
    assert entered.detail == {"address": "10.0.0.7", "browser": "Firefox on Linux"}
    assert "canary" not in str(list(Activity.objects.values()))


def test_log_tells_passwords_and_second_steps_without_secrets(client: Client) -> None:
    user = person("pip")
    log_in(client, "pip")
    new = {"oldpassword": PASSWORD, "password1": "a new canary", "password2": "a new canary"}
    client.post("/accounts/password/change/", new)
    confirm(client, "a new canary")
    client.post("/accounts/second-step/codes/new/")
    assert "account.password_changed" in verbs(actor=user)
    secret = second_step(user)
    other = Client()
    log_in(other, "pip", "a new canary")
    other.post("/accounts/second-step/authenticate/", {"code": "000000"})
    other.post("/accounts/second-step/authenticate/", {"code": code_now(secret)})
    assert verbs(actor=None) == ["account.second_step_failed"]
    kept = str(list(Activity.objects.values()))
    assert "canary" not in kept
    assert secret not in kept


def test_log_tells_what_admins_do_by_the_names_of_fields(client: Client, admin: User) -> None:
    pip = person("pip")
    form = {"username": "pip", "is_active": "", "first_name": "Canary"}
    dates = {f"date_joined_{n}": v for n, v in enumerate(("2026-01-01", "10:00:00"))}
    changed = client.post(f"/admin/auth/user/{pip.pk}/change/", form | dates)
    assert changed.status_code == 302
    step = Activity.objects.get(verb="admin.changed")
    assert (step.actor, step.target_label) == (admin, "pip")
    assert "First name" in step.detail["fields"]
    assert "Canary" not in str(step.detail)
    client.post(f"/admin/auth/user/{pip.pk}/delete/", {"post": "yes"})
    assert verbs(actor=admin)[-1] == "admin.deleted"


def test_admin_ends_logins_and_takes_a_lost_second_step_off(client: Client, admin: User) -> None:
    pip = person("pip")
    phone = Client()
    log_in(phone, "pip")
    second_step(pip)
    for action in ("end_all_logins", "take_second_step_off"):
        client.post("/admin/auth/user/", {"action": action, "_selected_action": pip.pk})
    assert phone.get("/").status_code == 302
    assert not pip.authenticator_set.exists()
    assert {"account.logins_ended", "account.second_step_taken_off"} <= set(verbs(actor=admin))


def test_log_is_filtered_and_cannot_be_changed(client: Client, admin: User) -> None:
    project = ProjectFactory(name="The Vex Files")
    member = make_member(project, Role.MANAGER)
    step = record_activity("script.imported", project=project, actor=member, target=project)
    record_activity("account.logged_in", project=None, actor=admin, target=admin)
    page = client.get(LOG, {"kind": "script", "project__id__exact": project.pk})
    rows = page.context["cl"].queryset
    assert [row.pk for row in rows] == [step.pk]
    assert [
        row.actor for row in client.get(LOG, {"actor__id__exact": admin.pk}).context["cl"].queryset
    ]
    assert "365 days" in page.content.decode()
    for address in ("add/", f"{step.pk}/delete/"):
        assert client.get(f"{LOG}{address}").status_code == 403
    client.post(f"{LOG}{step.pk}/change/", {"verb": "forged"})
    step.refresh_from_db()
    assert step.verb == "script.imported"


def test_log_leaves_as_csv_with_formulas_escaped(client: Client, admin: User) -> None:
    project = ProjectFactory(name="=HYPERLINK(1)")
    record_activity("script.imported", project=project, actor=admin, target=project, name="+1")
    record_activity("account.logged_in", project=None, actor=admin, target=admin, address="::1")
    answer = client.get(f"{LOG}csv/", {"kind": "script"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[1:5] for row in rows[1:]] == [
        ["alma", "script.imported", "'=HYPERLINK(1)", "'=HYPERLINK(1)"]
    ]
    assert verbs()[-1] == "admin.audit_log_taken"


def test_log_is_closed_to_staff_without_the_right(client: Client) -> None:
    client.force_login(UserFactory(is_staff=True))
    assert client.get(LOG).status_code == 403
    assert client.get(f"{LOG}csv/").status_code == 403


def test_log_asks_as_much_for_three_steps_as_for_one(client: Client, admin: User) -> None:
    counts = []
    for _ in range(3):
        project = ProjectFactory()
        record_activity(
            "script.imported", project=project, actor=make_member(project), target=project
        )
        with CaptureQueriesContext(connection) as asked:
            client.get(LOG)
        counts.append(len(asked))
    assert counts[0] == counts[2]


def test_admins_password_is_changed_where_everybodys_is(client: Client, admin: User) -> None:
    answer = client.get("/admin/password_change/")
    assert answer.headers["Location"] == "/accounts/password/change/"
    assert admin.pk


def test_log_tells_roles_that_an_admin_gives(client: Client, admin: User) -> None:
    project = ProjectFactory(name="The Vex Files")
    pip = person("pip")
    rows = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0, "0-user": pip.pk, "0-role": "manager"}
    form = {f"memberships-{name}": value for name, value in rows.items()}
    address = f"/admin/curation/project/{project.pk}/change/"
    page = client.get(address).context["adminform"].form
    values = {name: page[name].value() for name in page.fields}
    form |= {name: value for name, value in values.items() if value is not None}
    assert client.post(address, form).status_code == 302
    step = Activity.objects.get(verb="admin.changed")
    assert (step.project, step.actor) == (project, admin)
    assert any("pip is manager of The Vex Files" in words for words in step.detail["fields"])
