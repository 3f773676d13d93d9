"""Markdown that people write, as HTML that cannot run anything."""

from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = frozenset(
    {"p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "s", "code"}
    | {"pre", "blockquote", "a", "table", "thead", "tbody", "tr", "th", "td"}
)
DEEPEST_HEADING = 6


def render_markdown(text: str) -> SafeString:
    """Return CommonMark with tables as clean HTML; a first-level heading becomes ``h2``.

    HTML in the text is shown as text, images are left as text too, links lead to http, https and
    mail addresses only. What the parser makes is sanitised once more.
    """
    parser = _parser()
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(DEEPEST_HEADING, int(token.tag[1]) + 1)}"
    html = parser.renderer.render(tokens, parser.options, {})
    return mark_safe(  # noqa: S308 - nh3 leaves only TAGS, with no attributes but href and title
        nh3.clean(
            html,
            tags=set(TAGS),
            attributes={"a": {"href"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )


@cache
def _parser() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"html": False})
        .enable(["table", "strikethrough"])
        .disable(["image"])
    )
