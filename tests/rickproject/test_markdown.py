"""Markdown: it reads well, and nothing in it runs."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from rickproject.lib.markdown import TAGS, render_markdown

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "<javascript:alert(1)>",
    "![x](https://example.com/x.png)",
    '![x](x "onerror=alert(1)")',
    '[x](https://example.com "onmouseover=alert(1)")',
    '[x](https://example.com/"onmouseover="alert(1))',
    "[x]: javascript:alert(1)\n\n[x]",
    "`</code><script>alert(1)</script>`",
    '```"><script>alert(1)</script>\nx\n```',
    '<a href="javascript:alert(1)">x</a>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>@import 'https://example.com'</style>",
    "| a |\n| --- |\n| <b onclick=alert(1)>x</b> |",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<base href='https://example.com/'>",
    "<form action='https://example.com'><button>x</button></form>",
]


class Seen(HTMLParser):
    """The tags and attributes that a browser finds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_render_markdown_leaves_nothing_that_runs(payload: str) -> None:
    for tag, attributes in Seen(render_markdown(payload)).found:
        assert tag in TAGS
        assert set(attributes) <= {"href", "rel", "title"}
        scheme = urlsplit(attributes.get("href") or "").scheme
        assert scheme in {"", "https", "http", "mailto"}


def test_render_markdown_shifts_headings_and_draws_tables() -> None:
    html = render_markdown("# Scenes\n\n###### Deep\n\n| a |\n| --- |\n| **b** |\n")
    assert "<h2>Scenes</h2>" in html
    assert "<h6>Deep</h6>" in html
    assert "<td><strong>b</strong></td>" in html


def test_render_markdown_shows_html_as_text() -> None:
    assert render_markdown("<b>x</b>").strip() == "<p>&lt;b&gt;x&lt;/b&gt;</p>"
