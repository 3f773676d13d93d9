"""The colours are readable on both themes, and pages stay light."""

import gzip
import itertools
import math
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

STATIC = Path(__file__).parent.parent.parent / "rickproject" / "static" / "rickproject"
TOKENS = (STATIC / "tokens.css").read_text()
BUDGET_BYTES = 150_000
LONGEST_SHEET = 350
SHEETS = ("tokens", "base", "forms", "parts", "figures", "shell", "frame")
OKLCH = r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)"
PAIR = re.compile(rf"--([a-z0-9-]+): light-dark\({OKLCH}, {OKLCH}\)")
Rgb = tuple[float, float, float]


def linear_srgb(lightness: float, chroma: float, hue: float) -> Rgb:
    """Turn OKLCH into linear sRGB, cut to the gamut (Ottosson 2020)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    root = (
        lightness + 0.3963377774 * a + 0.2158037573 * b,
        lightness - 0.1055613458 * a - 0.0638541728 * b,
        lightness - 0.0894841775 * a - 1.2914855480 * b,
    )
    long, middle, short = (value**3 for value in root)
    colour = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    red, green, blue = (min(1.0, max(0.0, value)) for value in colour)
    return red, green, blue


def luminance(colour: Rgb) -> float:
    """Return the relative luminance of WCAG 2."""
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of WCAG 2, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def read_tokens() -> dict[str, tuple[Rgb, Rgb]]:
    tokens = {}
    for name, *numbers in PAIR.findall(TOKENS):
        values = [float(number) for number in numbers]
        light = linear_srgb(values[0] / 100, values[1], values[2])
        tokens[name] = (light, linear_srgb(values[3] / 100, values[4], values[5]))
    return tokens


COLOURS = read_tokens()
PAPERS = ["paper", "paper-raised", "paper-sunk", "paper-hover"]
INKS = ["ink", "ink-soft", "ink-quiet", "accent-ink", "amber-ink", "red-ink"]
ON_FILLS = [("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-red", "red")]
WASHES = [("accent-ink", "accent-wash"), ("amber-ink", "amber-wash"), ("red-ink", "red-wash")]
SPEAKERS = [f"speaker-{number}" for number in range(12)]


def test_contrast_of_known_colours_is_as_wcag_says() -> None:
    white, black = linear_srgb(1, 0, 0), linear_srgb(0, 0, 0)
    assert contrast(white, black) == pytest.approx(21, abs=0.01)
    grey = linear_srgb(0.5999, 0, 0)  # #808080
    assert contrast(white, grey) == pytest.approx(3.95, abs=0.02)


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *itertools.product(INKS, PAPERS),
        *ON_FILLS,
        *WASHES,
        *itertools.product(["ink", "ink-soft"], ["accent-wash", "amber-wash", "red-wash"]),
        *itertools.product(SPEAKERS, ["paper", "paper-raised", "paper-sunk", "accent-wash"]),
    ],
)
def test_text_is_readable_on_both_themes(text: str, ground: str) -> None:
    for theme in (0, 1):
        assert contrast(COLOURS[text][theme], COLOURS[ground][theme]) >= 4.5, ("light", "dark")[
            theme
        ]


@pytest.mark.parametrize("name", ["accent", "amber", "red", "rule-strong"])
def test_shapes_and_edges_can_be_seen(name: str) -> None:
    for theme in (0, 1):
        least = 2.2 if name == "amber" else 3  # amber shapes always stand beside their word
        assert contrast(COLOURS[name][theme], COLOURS["paper"][theme]) >= least


def test_speakers_have_one_lightness_each_theme() -> None:
    lightness = re.findall(
        r"--speaker-\d+: light-dark\(oklch\(([\d.]+)%[^)]*\), oklch\(([\d.]+)%", TOKENS
    )
    assert len(lightness) == 12
    assert len(set(lightness)) == 1


@pytest.mark.parametrize("name", SHEETS)
def test_style_sheets_stay_short(name: str) -> None:
    lines = (STATIC / f"{name}.css").read_text().splitlines()
    assert len(lines) <= LONGEST_SHEET


def test_every_page_stays_under_the_budget_with_every_script_and_sheet_of_ours() -> None:
    """The whole of each app's files, with htmx and the charts, is the worst a page could load."""
    root = STATIC.parent.parent.parent
    common = [
        *STATIC.glob("*.css"),
        *STATIC.glob("*.js"),
        Path(str(finders.find("django_htmx/htmx-2.min.js"))),
        Path(str(finders.find("vendor/uplot/uPlot.iife.js"))),
        Path(str(finders.find("vendor/uplot/uPlot.min.css"))),
    ]
    for app in ("curation", "training"):
        files = [*common, *(root / app / "static" / app).glob("*.*s*")]
        weight = sum(len(gzip.compress(file.read_bytes(), 6)) for file in files)
        assert weight <= BUDGET_BYTES, app
