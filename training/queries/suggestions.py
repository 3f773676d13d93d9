"""Read requests to language models, and what they cost."""

from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet, Sum

from curation.models import Episode, Project
from training.enums import PartState, SuggestionKind
from training.models import SuggestionPart, SuggestionRequest

SHOWN = 20


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What one language model took in a project, for one kind of work.

    Attributes:
        unpriced: answers whose price was not known when they came.
        in_doubt: questions that may have been paid though no answer came.
    """

    model_name: str
    kind: str
    episodes: int
    answers: int
    refused: int
    in_doubt: int
    tokens: int
    usd: Decimal
    unpriced: int

    @property
    def kind_words(self) -> str:
        """What was asked for, in words."""
        return str(SuggestionKind(self.kind).label)

    @property
    def usd_per_episode(self) -> Decimal | None:
        """Cost of one episode; None where nothing is known."""
        if not self.episodes or self.unpriced == self.answers + self.refused:
            return None
        return self.usd / self.episodes


def requests_of(episode: Episode, person: User) -> QuerySet[SuggestionRequest]:
    """Return an episode's requests that a person may see: the team's and their own, newest first.

    Each has ``asked``, ``answered``, ``tokens`` and ``usd`` of its parts.
    """
    mine = Q(annotator=None) | Q(annotator=person)
    taken = Q(parts__state__in=[PartState.ANSWERED, PartState.REFUSED])
    return (
        SuggestionRequest.objects.filter(mine, episode=episode)
        .select_related("created_by")
        .annotate(
            asked=Count("parts__own_first", distinct=True),
            answered=Count("parts__own_first", filter=taken, distinct=True),
            input_sum=Sum("parts__input_tokens"),
            output_sum=Sum("parts__output_tokens"),
            usd=Sum("parts__cost_usd"),
        )
        .order_by("-pk")
    )


def costs_of_models(project: Project) -> list[ModelCost]:
    """Return what each language model took in a project, in one query."""
    taken = Q(state__in=[PartState.ANSWERED, PartState.REFUSED])
    rows = (
        SuggestionPart.objects.filter(request__project=project)
        .order_by()
        .values("request__model_name", "request__kind")
        .annotate(
            episodes=Count("request__episode", filter=taken, distinct=True),
            answers=Count("pk", filter=Q(state=PartState.ANSWERED)),
            refused=Count("pk", filter=Q(state=PartState.REFUSED)),
            in_doubt=Count("pk", filter=Q(state=PartState.IN_DOUBT)),
            input_sum=Sum("input_tokens"),
            output_sum=Sum("output_tokens"),
            usd=Sum("cost_usd"),
            unpriced=Count("pk", filter=taken & Q(cost_usd=None)),
        )
        .order_by("request__model_name", "request__kind")
    )
    return [
        ModelCost(
            model_name=row["request__model_name"],
            kind=row["request__kind"],
            episodes=row["episodes"],
            answers=row["answers"],
            refused=row["refused"],
            in_doubt=row["in_doubt"],
            tokens=(row["input_sum"] or 0) + (row["output_sum"] or 0),
            usd=row["usd"] or Decimal(0),
            unpriced=row["unpriced"],
        )
        for row in rows
    ]
