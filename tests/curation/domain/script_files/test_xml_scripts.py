import time
import tracemalloc

import pytest

from curation.domain.script_files import BadFileError

from .conftest import Inspect, scenes, shown

FDX = """<?xml version="1.0" encoding="UTF-8"?>
<FinalDraft DocumentType="Script" Version="5"><Content>
  <Paragraph Type="Scene Heading" Number="1"><SceneProperties><Paragraph/></SceneProperties>
    <Text>INT. KITCHEN</Text></Paragraph>
  <Paragraph Type="Action"><Text>Vex waits.</Text></Paragraph>
  <Paragraph Type="Character"><Text>VEX (V.O.)</Text></Paragraph>
  <Paragraph Type="Parenthetical"><Text>(softly)</Text></Paragraph>
  <Paragraph Type="Dialogue"><Text>It is </Text><Text Style="Bold">not</Text>
    <Text> here.</Text></Paragraph>
  <Paragraph><DualDialogue>
    <Paragraph Type="Character"><Text>PIP</Text></Paragraph>
    <Paragraph Type="Dialogue"><Text>One.</Text></Paragraph>
    <Paragraph Type="Character"><Text>MARLOW</Text></Paragraph>
    <Paragraph Type="Dialogue"><Text>Two.</Text></Paragraph>
  </DualDialogue></Paragraph>
</Content><TitlePage><Content><Paragraph><Text>Title</Text></Paragraph></Content></TitlePage>
</FinalDraft>"""

TEI = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE TEI>
<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader>
  <fileDesc><titleStmt><title>The  Moon</title></titleStmt></fileDesc>
  <profileDesc><particDesc><listPerson>
    <person xml:id="vex"><persName>Vex</persName></person>
    <person xml:id="pip"><persName>Pip</persName></person>
    <personGrp xml:id="crowd"><name>Crowd</name></personGrp>
  </listPerson></particDesc></profileDesc></teiHeader>
  <text><front><div><head>Persons</head><castList><castItem>Vex</castItem></castList></div></front>
  <body><div type="act"><head>Act One.</head>
    <div type="scene"><head>Scene One</head><stage>A kitchen.</stage>
      <sp who="#vex"><speaker>VEX.</speaker><stage>to Pip</stage>
        <p>Where is
           the moon? <stage>He looks.</stage> Not here.</p></sp>
      <sp who="#vex #pip"><speaker>BOTH</speaker><l>Moon,</l><l>oh moon!</l></sp>
      <sp who="#crowd"><p>–</p></sp>
    </div>
    <div type="scene"><head>Scene Two</head>
      <sp><speaker>A VOICE.</speaker><p>Here!<note>sic</note></p></sp>
      <sp who="#nobody"><p>There.</p></sp>
    </div></div></body></text></TEI>"""

SML = """<play><head><title>The Moon</title></head><text>
  <act info=""><scene info="A kitchen"><text type="enter">Vex and Pip</text>
    <text char="Vex" type="verse">Where is
        the moon?</text>
    <text char="Pip" type="prose">Not
        here.</text><text type="exeunt"></text></scene>
  <scene info=""><text char="ALL" type="verse">Moon!</text></scene></act></text></play>"""


def test_final_draft_becomes_speeches_directions_and_scenes(inspect: Inspect) -> None:
    found = inspect("a.fdx", FDX)
    assert shown(found) == [
        (1, "", "[INT. KITCHEN]"),
        (2, "", "[Vex waits.]"),
        (4, "VEX", "(softly)\nIt is not here."),
        (7, "PIP", "One."),
        (9, "MARLOW", "Two."),
    ]
    assert scenes(found) == [(0, "INT. KITCHEN")]


def test_tei_becomes_speeches_directions_and_scenes(inspect: Inspect) -> None:
    found = inspect("a.xml", TEI)
    assert [row[1:] for row in shown(found)] == [
        ("", "[A kitchen.]"),
        ("Vex", "[to Pip]"),
        ("Vex", "Where is the moon?"),
        ("Vex", "[He looks.]"),
        ("Vex", "Not here."),
        ("Vex & Pip", "Moon,\noh moon!"),
        ("A VOICE", "Here!"),
        ("nobody", "There."),
    ]
    assert scenes(found) == [(0, "Act One, Scene One"), (6, "Act One, Scene Two")]
    assert found.reading is not None
    assert found.reading.episodes[0].title == "The Moon"


def test_sml_becomes_speeches_directions_and_scenes(inspect: Inspect) -> None:
    found = inspect("a.xml", SML)
    assert shown(found) == [
        (1, "", "[Enter Vex and Pip]"),
        (2, "Vex", "Where is\nthe moon?"),
        (3, "Pip", "Not here."),
        (4, "", "[Exeunt]"),
        (5, "ALL", "Moon!"),
    ]
    assert scenes(found) == [(0, "Act 1, scene 1: A kitchen"), (4, "Act 1, scene 2")]


def test_xml_is_known_by_its_root_not_by_its_name(inspect: Inspect) -> None:
    assert inspect("a.xml", FDX).table.file_format == "fdx"
    with pytest.raises(BadFileError, match="starts with <html>"):
        inspect("a.xml", "<html><body/></html>")


def test_xml_of_another_encoding_is_read(inspect: Inspect) -> None:
    play = '<?xml version="1.0" encoding="ISO-8859-1"?>' + SML.replace("Moon!", "Mönd!")
    assert shown(inspect("a.xml", play.encode("latin-1")))[-1] == (5, "ALL", "Mönd!")
    utf_16 = SML.encode("utf-16")
    assert shown(inspect("a.xml", utf_16))[-1] == (5, "ALL", "Moon!")


LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "ha">' for n in range(10)
)
HOSTILE = {
    "billion laughs": (f"<!DOCTYPE play [{LAUGHS}]><play>&l9;</play>", "entities of its own"),
    "a file of ours": (
        '<!DOCTYPE play [<!ENTITY x SYSTEM "file:///etc/passwd">]><play>&x;</play>',
        "entities of its own",
    ),
    "outside parameters": (
        '<!DOCTYPE play [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]><play/>',
        "entities of its own",
    ),
    "outside rules": ('<!DOCTYPE play SYSTEM "http://127.0.0.1/x"><play/>', "Nobody says"),
    "deep": ("<play>" * 400_000, "deeper than 60 levels"),
    "wide": ("<play>" + "<a/>" * 2_000_000, "more than 300,000 elements"),
    "broken": ("<play><act></play>", "no well-formed XML: mismatched tag (line 1"),
    "half": ("<play>", "no well-formed XML"),
    "odd encoding": ('<?xml version="1.0" encoding="x-moon"?><play/>', "no well-formed|encoding"),
    "11 MB": ("<play>" + " " * (11 * 2**20), "may have 10 MB"),
}


@pytest.mark.parametrize(("content", "sentence"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_xml_is_refused_fast_with_little_memory(
    inspect: Inspect, content: str, sentence: str
) -> None:
    start = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(BadFileError) as caught:
            inspect("a.xml", content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert any(words in str(caught.value) for words in sentence.split("|"))
    assert (time.process_time() - start < 15, peak < 100 * 2**20) == (True, True)
