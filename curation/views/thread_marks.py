"""The small marks on lines that are talked about, as HTML."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.urls import reverse

from curation.models import Episode
from curation.queries.threads import open_marks


def thread_marks(person: User, episode: Episode) -> Mapping[int, str]:
    """Return the link to what is said about each line with open threads, by position."""
    first = line_url(episode)
    return {
        position: f'<a class="said" href="{first.replace("/lines/0/", f"/lines/{position}/")}" '
        f'data-talk aria-label="{_words(count)} on line {position + 1}">{count}</a>'
        for position, count in open_marks(person, episode).items()
    }


def line_url(episode: Episode) -> str:
    """Return the address of the first line's comments; scripts put other positions in."""
    return reverse("line_comments", args=[episode.script.project.slug, episode.pk, 0])


def _words(count: int) -> str:
    return "1 open thread" if count == 1 else f"{count} open threads"
