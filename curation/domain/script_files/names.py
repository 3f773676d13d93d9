"""Names of speakers: how they are compared, and what does not belong to them."""

import re
import unicodedata

UNNAMED = "(unnamed)"
DIRECTORS = frozenset(
    {"scene direction", "scene directions", "stage direction", "stage directions", "directions"}
)
SUFFIX_WORDS = (
    r"v\.?\s?o\.?|o\.?\s?s\.?|o\.?\s?c\.?|cont[’']?d\.?|continuing|continued|on screen|pre-?lap|"
    r"off(?:[- ]?screen)?|voice[- ]?over|voice|subtitled?|filtered|(?:on|into|over) "
    r"(?:the )?(?:phone|radio|tv|intercom|speaker|comm)"
)
SUFFIX = re.compile(rf"\s*[\[(]\s?(?:{SUFFIX_WORDS})\s?[\])]\s*$", re.IGNORECASE)


def normalise_name(name: str) -> str:
    """Return a speaker's name as it is compared: NFKC, no case, single blanks, none around."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def without_suffix(name: str) -> str:
    """Return a speaker's name without what says how it is heard: (V.O.), [OC], (CONT'D)."""
    shorter = SUFFIX.sub("", name)
    while shorter != name and shorter:
        name, shorter = shorter, SUFFIX.sub("", shorter)
    return name
