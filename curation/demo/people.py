"""The people of the demo and their accounts."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction

from curation.enums import Role
from curation.models import Membership, Project
from rickproject.config import get_config
from rickproject.lib.secret_files import replace_private

#: By this, and not by the user name, the demo knows its own people; nothing is ever sent there.
MAIL_DOMAIN = "vex-files.example"
PASSWORD_BYTES = 15  # 20 characters


@dataclass(frozen=True)
class Person:
    """One of the demo's team: user name, name, role (empty for the admin) and what they do."""

    name: str
    first_name: str
    last_name: str
    role: Role | None
    does: str

    @property
    def email(self) -> str:
        """What marks the account as the demo's."""
        return f"{self.name}@{MAIL_DOMAIN}"


PEOPLE = (
    Person("ada", "Ada", "Marsh", Role.ANNOTATOR, "annotator"),
    Person("ben", "Ben", "Adeyemi", Role.ANNOTATOR, "annotator"),
    Person("rex", "Rex", "Lindqvist", Role.REVIEWER, "reviewer"),
    Person("mina", "Mina", "Okabe", Role.MANAGER, "manager"),
    Person("tess", "Tess", "Varga", Role.TESTER, "tester"),
    Person("admin", "Alma", "Dunn", None, "admin"),
)


@transaction.atomic
def ensure_people() -> dict[str, User]:
    """Return the demo's people by name; who is missing is made, still without a password.

    A user name that somebody else has already is theirs: the demo's then begins with ``demo-``.
    """
    return {person.name: _ensure_person(person) for person in PEOPLE}


def _ensure_person(person: Person) -> User:
    if found := User.objects.filter(email=person.email).first():
        return found
    is_taken = User.objects.filter(username__iexact=person.name).exists()
    is_admin = person.role is None
    return User.objects.create_user(
        f"demo-{person.name}" if is_taken else person.name,
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        is_staff=is_admin,
        is_superuser=is_admin,
    )


@transaction.atomic
def ensure_memberships(project: Project, people: dict[str, User]) -> None:
    """Give each of the people their role in the project."""
    for person in PEOPLE:
        if person.role is not None:
            Membership.objects.get_or_create(
                project=project, user=people[person.name], role=person.role
            )


def accounts_file() -> Path:
    """Return where the demo's passwords are kept."""
    return get_config().var_dir / "demo-accounts"


@transaction.atomic
def hand_out_passwords() -> bool:
    """Give passwords to the people who have none yet and write them down, mode 600.

    Returns:
        False when everybody has one; nothing is changed then.
    """
    people = {user.email: user for user in User.objects.filter(email__endswith=f"@{MAIL_DOMAIN}")}
    if all(user.has_usable_password() for user in people.values()):
        return False
    rows = [("user", "password", "role")]
    for person in PEOPLE:
        user = people[person.email]
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        user.set_password(password)
        user.save(update_fields=["password"])
        rows.append((user.username, password, person.does))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    replace_private(accounts_file(), "\n".join([*lines, ""]))
    return True
