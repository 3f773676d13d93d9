"""Speakers of several people: "Rick & Morty" is a character with two members."""

import re
from collections.abc import Collection, Iterable

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.activity import record_activity
from curation.domain.characters import CharacterError
from curation.domain.script_files import normalise_name
from curation.models import Character, Project

BETWEEN = re.compile(r"\s*(?:&|\+|/|,|;)\s*|\s+(?:and|und|with|et|y)\s+", re.IGNORECASE)
MOST_MEMBERS = 12


def parts_of(name: str, known: Collection[str]) -> list[str]:
    """Return the normalised names that a joint name consists of, [] if it is none.

    Only names that are speakers themselves count: "Smith & Sons" is one speaker.
    """
    parts = [normalise_name(part) for part in BETWEEN.split(name)]
    parts = list(dict.fromkeys(filter(None, parts)))
    if 2 <= len(parts) <= MOST_MEMBERS and all(part in known for part in parts):
        return parts
    return []


def link_joint_speakers(project: Project, names: Iterable[str]) -> None:
    """Give the joint speakers among these normalised names their members; others are left alone.

    Who has members already keeps them: a person may have chosen them.
    """
    known = dict(Character.objects.filter(project=project).values_list("normalised_name", "pk"))
    joint = {name: parts for name in names if (parts := parts_of(name, known.keys()))}
    if not joint:
        return
    link = Character.members.through
    keys = [known[name] for name in joint]
    links = link.objects.filter(from_character__in=keys)
    linked = set(links.values_list("from_character", flat=True))
    link.objects.bulk_create(
        [
            link(from_character_id=known[name], to_character_id=known[part])
            for name, parts in joint.items()
            if known[name] not in linked
            for part in parts
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def set_members(character: Character, *, user: User, members: Collection[Character]) -> Character:
    """Say who speaks together under a name; nobody makes it a speaker of its own again.

    Raises:
        CharacterError: a member is of another project, is itself, or is joint; or only one.
    """
    links = Character.members.through.objects.filter(from_character__in=members)
    is_nested = character in members or links.exists()
    if len(members) == 1:
        msg = f"One member is no group. Say instead that {character.name} is another name of it."
    elif any(one.project_id != character.project_id for one in members):
        msg = "All members have to be of one project."
    elif is_nested:
        msg = "A member has to be a single speaker."
    else:
        character.members.set(members)
        record_activity(
            "character.members_set",
            project=character.project,
            actor=user,
            target=character,
            members=sorted(one.name for one in members),
        )
        return character
    raise CharacterError(msg)
