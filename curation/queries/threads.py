"""What is said about the work, what of it is not settled, and who may read it."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from curation.enums import SegmentationMode, SegmentationState
from curation.models import Dialogue, Episode, Membership, Project, Segmentation, Thread
from curation.queries.assignments import WORKING_ROLES
from curation.queries.layers import ADJUDICATORS
from rickproject.lib.kept_queries import Given, KeptQuery


def threads_open_to(user: User) -> QuerySet[Thread]:
    """Return the threads that the blind rule lets a person read; membership is looked at elsewhere.

    A comment on a line or scene can tell where its author cuts. So while an episode is cut blind it
    is read as the layers are (``may_see_layers``), and by who began the thread.
    """
    return readable_threads(user.pk, decides_everywhere=user.is_superuser)


def readable_threads(user: int | Given, *, decides_everywhere: bool) -> QuerySet[Thread]:
    """Return what :func:`threads_open_to` does, for a person's id or one that is given later."""
    layers = Segmentation.objects.filter(episode=OuterRef("episode"))
    begun = layers.exclude(state=SegmentationState.UNTOUCHED)
    own = begun.filter(annotator=user)
    decides = Membership.objects.filter(
        project=OuterRef("project"), user=user, role__in=ADJUDICATORS
    )
    may_decide = Q() if decides_everywhere else Q(Exists(decides))
    return Thread.objects.filter(
        Q(episode=None)
        | Q(opened_by=user)
        | ~Q(project__segmentation_mode=SegmentationMode.BLIND)
        | Q(Exists(begun.filter(annotator=None)))
        | Q(Exists(own.filter(state=SegmentationState.SUBMITTED)))
        | (~Q(Exists(own)) & may_decide)
    )


def dialogue_threads(dialogue: Dialogue) -> QuerySet[Thread]:
    """Return the threads on a dialogue with all that was said in them, open ones first."""
    return _with_words(Thread.objects.filter(dialogue=dialogue))


def line_threads(user: User, episode: Episode, position: int) -> QuerySet[Thread]:
    """Return what a person may read about a line and the scene that starts there, open ones first.

    Args:
        position: of the line in the episode, from 0.
    """
    found = threads_open_to(user).filter(
        episode=episode, utterance__episode=episode, utterance__position=position
    )
    return _with_words(found)


def project_threads(user: User, project: Project, *, is_resolved: bool) -> QuerySet[Thread]:
    """Return those of a project's threads that a person may read, the newest first."""
    found = threads_open_to(user).filter(project=project, resolved_at__isnull=not is_resolved)
    return _with_words(found).order_by("-pk")


def count_open_threads(dialogue: Dialogue) -> int:
    """Count the threads on a dialogue that are not resolved."""
    return Thread.objects.filter(dialogue=dialogue, resolved_at__isnull=True).count()


def _kept_marks(*, decides_everywhere: bool) -> KeptQuery[tuple[int, int]]:
    def make() -> QuerySet[Thread, tuple[int, int]]:
        found = readable_threads(Given("user"), decides_everywhere=decides_everywhere).filter(
            episode=Given("episode"),
            utterance__episode=Given("episode"),
            resolved_at__isnull=True,
        )
        return found.order_by().values_list("utterance__position").annotate(Count("pk"))

    return KeptQuery(make)


_MARKS = {is_super: _kept_marks(decides_everywhere=is_super) for is_super in (False, True)}


def open_marks(user: User, episode: Episode) -> Mapping[int, int]:
    """Count the open threads a person may read by the position of their line, in one query."""
    return dict(_MARKS[user.is_superuser].rows(user=user.pk, episode=episode.pk))


def mentionable_people(project: Project) -> list[User]:
    """Return those of a project's active people who read comments, by user name."""
    held = Membership.objects.filter(project=project, role__in=WORKING_ROLES)
    return list(
        User.objects.filter(pk__in=held.values("user"), is_active=True).order_by("username")
    )


def _with_words(found: QuerySet[Thread]) -> QuerySet[Thread]:
    places = ("utterance", "episode", "dialogue__scene__utterance__episode")
    people = found.select_related("opened_by", "resolved_by", *places)
    return people.prefetch_related("comments__author").order_by("resolved_at", "pk")
