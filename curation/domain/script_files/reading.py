"""Rows become episodes, speakers and lines; everything wrong is noted with its row number."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from curation.enums import Severity

from .directions import is_direction, scene_heading
from .errors import BadFileError
from .mojibake import Mender
from .names import DIRECTORS, UNNAMED, normalise_name, without_suffix
from .problems import ProblemLog
from .readings import EpisodeRows, Line, ScriptReading
from .tables import SourceTable

MAXIMUM_LINE_CHARACTERS = 20_000
MAXIMUM_NAME_CHARACTERS = 200
MAXIMUM_EPISODES = 5_000
MAXIMUM_SPEAKERS = 5_000
LARGEST_NUMBER = 2**31 - 1
PROGRESS_ROWS = 20_000
ONE_EPISODE = "1"


def read_script(
    table: SourceTable,
    mapping: Mapping[str, str],
    *,
    title: str,
    repairs_text: bool = False,
    on_rows: Callable[[int], None] | None = None,
) -> ScriptReading:
    """Read every row of a table through a mapping; nothing is written.

    Args:
        mapping: field of ours -> column, as ``validate_mapping`` returns it.
        title: of the one episode when no column tells episodes apart.
        repairs_text: whether text once read in the wrong encoding is repaired; else it is shown.
        on_rows: called with the number of rows read so far, now and then.

    Raises:
        BadFileError: the file breaks off, or has too many episodes or speakers.
    """
    reader = _Reader(table.columns, mapping, title, Mender(repairs=repairs_text))
    count = 0
    for count, (row_number, cells) in enumerate(table.read_rows(), 1):
        reader.take(row_number, reader.mender.mend(row_number, cells))
        if on_rows and count % PROGRESS_ROWS == 0:
            on_rows(count)
    return reader.finish(count)


class _Reader:
    def __init__(
        self, columns: Sequence[str], mapping: Mapping[str, str], title: str, mender: Mender
    ) -> None:
        self.mender = mender
        self.width = len(columns)
        self.at = {name: columns.index(column) for name, column in mapping.items()}
        self.speaker_at, self.text_at = self.at["speaker"], self.at["text"]
        self.index_at = self.at.get("index")
        self.season_at, self.episode_at = self.at.get("season"), self.at.get("episode")
        self.title_at = self.at.get("episode_title")
        self.scene_at = self.at.get("scene")
        self.title = "" if "episode" in self.at else title
        self.problems = ProblemLog()
        self.places: dict[tuple[str, str, str], EpisodeRows] = {}
        self.episodes: dict[tuple[int, int], EpisodeRows] = {}
        self.keys: dict[str, str] = {}
        self.speakers: dict[str, str] = {}
        self.suffixes = 0

    def take(self, row_number: int, cells: Sequence[str]) -> None:
        """Read one row."""
        if not any(cells):
            self.problems.warn(row_number, "blank_row", "The row is blank and left out.")
            return
        if len(cells) != self.width:
            msg = f"The row has {len(cells):,} cells, the header has {self.width:,}."
            self.problems.error(row_number, "ragged_row", msg)
            return
        episode = self._episode(row_number, cells)
        index = None
        if self.index_at is not None:
            index = self._number(row_number, cells[self.index_at], "index")
        text = cells[self.text_at].strip()
        direction = is_direction(text)
        speaker = self._speaker(row_number, cells[self.speaker_at], direction=direction)
        if speaker in DIRECTORS:
            speaker, direction = "", True
        if not text or len(text) > MAXIMUM_LINE_CHARACTERS or "\x00" in text:
            self._refuse_text(row_number, text)
        elif episode and speaker is not None and (index is not None or self.index_at is None):
            scene = cells[self.scene_at].strip() if self.scene_at is not None else ""
            if direction and self.scene_at is None:
                scene = scene_heading(text)
            episode.lines.append(Line(index, row_number, speaker, direction, text, 0, scene))

    def _refuse_text(self, row_number: int, text: str) -> None:
        if not text:
            self.problems.error(row_number, "missing_line", "The line is empty.")
        elif "\x00" in text:
            msg = "The line holds a NUL character, which no text has."
            self.problems.error(row_number, "nul_character", msg)
        else:
            msg = (
                f"The line has {len(text):,} characters; the limit is {MAXIMUM_LINE_CHARACTERS:,}."
            )
            self.problems.error(row_number, "long_line", msg)

    def _speaker(self, row_number: int, raw: str, *, direction: bool) -> str | None:
        """Return the normalised name, "" for a stage direction without one, None if it is bad."""
        key = self.keys.get(raw)
        if key is not None:
            return key
        key = normalise_name(raw)
        if not key:
            if direction:
                return ""
            msg = f"The speaker is missing; the line is given to {UNNAMED}."
            self.problems.warn(row_number, "missing_speaker", msg)
            raw, key = UNNAMED, normalise_name(UNNAMED)
        name = raw.strip()
        if len(name) <= MAXIMUM_NAME_CHARACTERS and (shorter := without_suffix(name)) != name:
            name = shorter
            self.suffixes += 1
            key = normalise_name(name)
        if max(len(key), len(name)) > MAXIMUM_NAME_CHARACTERS or "\x00" in key:
            msg = (
                f"The speaker's name has {len(name):,} characters; the limit is "
                f"{MAXIMUM_NAME_CHARACTERS}. Are the columns swapped?"
            )
            self.problems.error(row_number, "long_name", msg)
            return None
        self.keys[raw] = key
        if key in DIRECTORS:
            return key
        self.speakers.setdefault(key, name)
        if len(self.speakers) > MAXIMUM_SPEAKERS:
            msg = (
                f"there are more than {MAXIMUM_SPEAKERS:,} different speakers up to here. Is the "
                "column of speakers the right one?"
            )
            raise BadFileError("too_many_speakers", msg, row_number=row_number)
        return key

    def _episode(self, row_number: int, cells: Sequence[str]) -> EpisodeRows | None:
        season = cells[self.season_at] if self.season_at is not None else ONE_EPISODE
        number = cells[self.episode_at] if self.episode_at is not None else ONE_EPISODE
        title = cells[self.title_at] if self.title_at is not None else self.title
        place = (season, number, title)
        if (known := self.places.get(place)) is not None:
            return known
        season_number = self._number(row_number, season, "season", least=0)
        episode_number = self._number(row_number, number, "episode", least=0)
        if season_number is None or episode_number is None:
            return None
        episode = self._place(row_number, season_number, episode_number, title.strip())
        self.places[place] = episode
        return episode

    def _place(self, row_number: int, season: int, number: int, title: str) -> EpisodeRows:
        episode = self.episodes.get((season, number))
        if episode is None:
            episode = self.episodes[season, number] = EpisodeRows(season, number, title)
            if len(self.episodes) > MAXIMUM_EPISODES:
                msg = f"there are more than {MAXIMUM_EPISODES:,} episodes up to here."
                raise BadFileError("too_many_episodes", msg, row_number=row_number)
        elif title != episode.title:
            msg = f"S{season}E{number} has a second name here; the first one is kept."
            self.problems.warn(row_number, "two_titles", msg)
        if len(title) > MAXIMUM_NAME_CHARACTERS or "\x00" in title:
            msg = f"The episode's name has {len(title):,} characters; the limit is 200."
            self.problems.error(row_number, "long_title", msg)
        return episode

    def _number(
        self, row_number: int, raw: str, what: str, *, least: int = -LARGEST_NUMBER
    ) -> int | None:
        text = raw.strip()
        whole = text.removesuffix(".0")
        try:
            number = int(whole)
        except ValueError:
            number = None
        if number is not None and least <= number <= LARGEST_NUMBER:
            return number
        shown = f"The {what} is empty" if not text else f"The {what} {text[:40]!r} is no number"
        self.problems.error(row_number, f"bad_{what}", f"{shown}; a whole number is needed.")
        return None

    def finish(self, rows_total: int) -> ScriptReading:
        """Put episodes and lines in order, count holes and repeats."""
        episodes = [self.episodes[place] for place in sorted(self.episodes)]
        counts: Counter[str] = Counter()
        for episode in episodes:
            if self.index_at is not None and not self.problems.has_errors:
                self._order_by_index(episode)
            self._warn_of_repeats(episode)
            episode.mark_scenes()
            counts.update(line.speaker for line in episode.lines)
        counts.pop("", None)
        if counts and not counts.keys() - {normalise_name(UNNAMED)}:
            msg = "No row says who speaks. Is the column of speakers the right one?"
            self.problems.error(None, "no_speakers", msg)
        if self.suffixes:
            msg = "Suffixes of speakers, such as (V.O.) or [OC], are left off their names."
            self.problems.add(None, Severity.NOTE, "name_suffixes", msg)
        return ScriptReading(
            [episode for episode in episodes if episode.lines],
            {key: name for key, name in self.speakers.items() if counts[key]},
            counts,
            rows_total,
            self.problems,
            self.mender.total,
            self.mender.samples,
        )

    def _order_by_index(self, episode: EpisodeRows) -> None:
        ordered = sorted(episode.lines, key=itemgetter(0))
        last = None
        for at, line in enumerate(ordered):
            index = line[0]
            if last is not None and index is not None and index != last + 1:
                if index == last:
                    msg = f"The index {index} is the same as in row {ordered[at - 1].row_number:,}."
                    self.problems.warn(line.row_number, "repeated_index", msg)
                else:
                    hole = index - last - 1
                    episode.missing += hole
                    ordered[at] = line._replace(missing_before=hole)  # its public name
            last = index
        episode.lines = ordered

    def _warn_of_repeats(self, episode: EpisodeRows) -> None:
        first: dict[tuple[str, str], int] = {}
        for line in episode.lines:
            if line.is_direction and not line.speaker:
                continue
            row_number = first.setdefault((line[2], line[4]), line[1])
            if row_number != line[1]:
                msg = f"The same speaker says the same in row {row_number:,}; both are kept."
                self.problems.warn(line.row_number, "repeated_line", msg)
