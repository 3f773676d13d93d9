"""Projects and people as the command line names them."""

from django.contrib.auth.models import User

from curation.enums import Role
from curation.errors import CurationError, PermissionRuleError
from curation.models import Character, DatasetVersion, Project

from .projects import project_roles


class UnknownNameError(CurationError):
    """The command line named something that does not exist."""

    code = "unknown_name"


def project_named(slug: str) -> Project:
    """Return a project by its short name.

    Raises:
        UnknownNameError: there is none; the sentence lists those there are.
    """
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        known = ", ".join(Project.objects.values_list("slug", flat=True)) or "none yet"
        msg = f"There is no project {slug!r}. Projects: {known}."
        raise UnknownNameError(msg)
    return project


def person_named(username: str) -> User:
    """Return a user by name.

    Raises:
        UnknownNameError: there is none.
    """
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        msg = f"There is no active user {username!r}; make one with 'manage.py createsuperuser'."
        raise UnknownNameError(msg)
    return user


def actor_for(project: Project, username: str | None, roles: frozenset[Role]) -> User:
    """Return who acts on the command line: the person named, else the project's creator.

    Raises:
        UnknownNameError: no such person.
        PermissionRuleError: the person does not hold one of ``roles`` in the project.
    """
    user = person_named(username) if username else project.created_by
    if not project_roles(user, project) & roles:
        names = " or ".join(sorted(roles))
        msg = f"{user.username} needs the role {names} in {project.slug} for this."
        raise PermissionRuleError(msg)
    return user


def dataset_numbered(pk: int) -> DatasetVersion:
    """Return a dataset version by its id.

    Raises:
        UnknownNameError: there is none.
    """
    dataset = DatasetVersion.objects.filter(pk=pk).select_related("project").first()
    if dataset is None:
        msg = f"There is no dataset with the id {pk}."
        raise UnknownNameError(msg)
    return dataset


def speaker_named(project: Project, name: str) -> Character:
    """Return a character of a project by name; an alias gives whom it stands for.

    Raises:
        UnknownNameError: there is none; the sentence lists those with most lines.
    """
    characters = Character.objects.filter(project=project).select_related("alias_of")
    wanted = name.strip()
    found = (
        characters.filter(name=wanted).first()
        or characters.filter(normalised_name=wanted.casefold()).first()
        or characters.filter(name__iexact=wanted).first()
    )
    if found is None:
        known = ", ".join(characters.values_list("name", flat=True)[:12]) or "none yet"
        msg = f"Nobody in {project.slug} is called {wanted!r}. Those with most lines: {known}."
        raise UnknownNameError(msg)
    return found.alias_of or found
