"""Comments in templates."""

from collections.abc import Collection

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from curation.domain.mentions import split_mentions

register = template.Library()


@register.filter
def with_mentions(text: str, names: Collection[str]) -> SafeString:
    """Set the mentions of a text apart; everything else stays text."""
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<b class="mention">{}</b>', words) if name else words,)
            for words, name in split_mentions(text, names or ())
        ),
    )
