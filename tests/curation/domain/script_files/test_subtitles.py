import pytest

from curation.domain.script_files import BadFileError

from .conftest import Inspect, shown

SRT = """1
00:00:01,000 --> 00:00:02,000
VEX: Who moved <i>the moon</i>?

3
00:00:02,000 --> 00:00:03,000
[Pip] You said to put it
somewhere safe.

4
00:00:03,000 --> 00:00:04,000

5
00:00:04,000 --> 00:00:05,000
- Vex: No.
- Pip: Yes.

6
00:00:05,000 --> 00:00:06,000
[a door slams]
{\\an8}And then: nothing.
"""
VTT = """WEBVTT - a moon
Kind: captions

STYLE
::cue(b) { color: peachpuff; }

NOTE nobody reads this

intro
00:01.000 --> 00:02.000 align:start
<v.loud Vex>Who moved <c.moon>the</c> <00:01.500>moon?</v>

00:02.000 --> 00:03.000
<v Pip>Not &amp; me.</v>
<v Vex>You!

00:03.000 --> 00:04.000
Nobody said this.
"""


def test_srt_says_who_speaks_in_three_ways(inspect: Inspect) -> None:
    found = inspect("a.srt", SRT)
    assert [row[1:] for row in shown(found)] == [
        ("VEX", "Who moved the moon?"),
        ("Pip", "You said to put it somewhere safe."),
        ("VEX", "No."),
        ("Pip", "Yes."),
        ("", "[a door slams]"),
        ("(unnamed)", "And then: nothing."),
    ]
    assert found.reading is not None
    assert [p.code for p in found.reading.problems.kept] == ["missing_speaker"]


def test_webvtt_says_who_speaks_by_voices(inspect: Inspect) -> None:
    assert shown(inspect("a.vtt", "\ufeff" + VTT)) == [
        (1, "Vex", "Who moved the moon?"),
        (2, "Pip", "Not & me."),
        (2, "Vex", "You!"),
        (3, "(unnamed)", "Nobody said this."),
    ]


def test_rolling_captions_are_said_once(inspect: Inspect) -> None:
    cues = ["VEX: who", "VEX: who\nmoved", "moved\nPIP: not me", "PIP: not me"]
    blocks = [f"00:0{n}.000 --> 00:0{n + 1}.000\n{text}\n" for n, text in enumerate(cues)]
    found = inspect("a.vtt", "WEBVTT\n\n" + "\n".join(blocks))
    assert [row[2] for row in shown(found)] == ["who", "moved", "not me"]


def test_sbv_is_read(inspect: Inspect) -> None:
    found = inspect(
        "a.sbv", "0:00:00.378,0:00:11.378\nVEX: One\nTwo\n\n0:00:12.0,0:00:13.0\nB: C\n"
    )
    assert shown(found)[0] == (1, "VEX", "One Two")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nHello.\n", "No cue says who speaks (1"),
        ("a.srt", "Hello.\n", "No cue says who speaks (0"),
        ("a.vtt", "1\n00:00:01.000 --> 00:00:02.000\nVEX: Hello.\n", "no WebVTT file"),
        ("a.srt", "VEX: 我们".encode("gb2312") + b"\xce\xd2\xc3\xc7" * 9, "another encoding"),
    ],
)
def test_subtitles_without_speakers_or_damaged_are_refused(
    inspect: Inspect, name: str, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(BadFileError) as caught:
        inspect(name, content)
    assert sentence in str(caught.value)
