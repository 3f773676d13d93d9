"""What a page may not do, and what axe finds in it."""

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

# Chromium writes a line for every answer of 400 and above; those below 500 are often expected.
_EXPECTED = "Failed to load resource: the server responded with a status of 4"
_OFFLINE = "Failed to load resource: net::ERR_"
_HTMX_OFFLINE = ("htmx:afterRequest", "htmx:sendError")  # it logs each request without an answer
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def is_fault(kind: str, text: str) -> bool:
    """Whether a line of the browser's console is an error of ours; CSP reports are."""
    if text.startswith((_EXPECTED, _OFFLINE, *_HTMX_OFFLINE)):
        return False
    return kind == "error" or "Content Security Policy" in text


@lru_cache(maxsize=1)
def _axe_source() -> str:
    package = importlib.util.find_spec("axe_playwright_python")
    assert package
    assert package.submodule_search_locations
    return (Path(package.submodule_search_locations[0]) / "axe.min.js").read_text()


def axe_findings(page: Page) -> list[str]:
    """Return what axe finds on the page once it is loaded: rule, place, and why."""
    page.wait_for_load_state()  # a part may be there before the sheets that draw it
    page.evaluate(_axe_source())  # through the debugger, so the page's policy stays as strict
    # No rule needs the sheets that axe would copy into the page, which the policy forbids.
    options: dict[str, Any] = {"runOnly": RULES, "resultTypes": ["violations"], "preload": False}
    result = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{violation['id']} at {' '.join(map(str, node['target']))}: {_why(node)}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def _why(node: dict[str, Any]) -> str:
    lines = str(node.get("failureSummary", "")).splitlines()
    return lines[1].strip() if len(lines) > 1 else ""


def sideways_pixels(page: Page) -> int:
    """Return by how much the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
