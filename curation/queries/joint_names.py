"""Speakers of several people, named by their members however the script writes them."""

from collections import defaultdict
from collections.abc import Mapping

from curation.models import Character
from rickproject.lib.kept_queries import Given, KeptQuery

_LINKS = KeptQuery(
    lambda: (
        Character.members.through.objects.filter(from_character__project=Given("project"))
        .order_by("to_character_id")
        .values_list(
            "from_character_id",
            "to_character_id",
            "to_character__name",
            "to_character__alias_of_id",
            "to_character__alias_of__name",
        )
    )
)


def joint_members(project_id: int) -> Mapping[int, Mapping[int, str]]:
    """Return the members of a project's joint speakers: names by key, aliases resolved.

    One query. Members are in the order in which the script first has them.
    """
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for joint, pk, name, alias_of, main in _LINKS.rows(project=project_id):
        found[joint][alias_of or pk] = main or name
    return {joint: dict(sorted(members.items())) for joint, members in found.items()}


def joint_names(project_id: int) -> Mapping[int, str]:
    """Return how joint speakers are called in records: "RICK & MORTY", by their key."""
    members = joint_members(project_id)
    return {joint: " & ".join(names.values()) for joint, names in members.items()}
