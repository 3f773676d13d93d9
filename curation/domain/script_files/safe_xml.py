"""XML from strangers: through defusedxml, with bounds on size, depth and number of elements."""

from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from .documents import demand_size
from .errors import BadFileError

MAXIMUM_ELEMENTS = 300_000
MAXIMUM_DEPTH = 60


def parse_xml(path: Path) -> Element:
    """Return the root of an XML file; nothing it names is fetched or expanded.

    Raises:
        BadFileError: no XML, with entities of its own, or larger or deeper than any real script.
    """
    from defusedxml import DefusedXmlException  # noqa: PLC0415  # rarely needed
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    demand_size(path)
    depth = count = 0
    root: Element | None = None
    try:
        with path.open("rb") as handle:
            for event, element in iterparse(handle, events=("start", "end")):
                root = element if root is None else root
                if event == "end":
                    depth -= 1
                    continue
                depth, count = depth + 1, count + 1
                if depth > MAXIMUM_DEPTH or count > MAXIMUM_ELEMENTS:
                    raise _too_much(depth)
    except DefusedXmlException as error:
        msg = "The XML defines entities of its own, which are not read. Write the text itself."
        raise BadFileError("xml_entities", msg) from error
    except ParseError as error:
        line, column = error.position
        msg = f"This is no well-formed XML: {_fault(error)} (line {line:,}, column {column:,})."
        raise BadFileError("bad_xml", msg) from error
    except (ValueError, LookupError) as error:
        msg = "The XML's declaration names an encoding that is not read. Save the file as UTF-8."
        raise BadFileError("unknown_encoding", msg) from error
    if root is None:
        raise BadFileError("bad_xml", "The XML holds no element.")
    return root


def _too_much(depth: int) -> BadFileError:
    if depth > MAXIMUM_DEPTH:
        msg = f"The XML is nested deeper than {MAXIMUM_DEPTH} levels; no script is."
    else:
        msg = f"The XML has more than {MAXIMUM_ELEMENTS:,} elements. Split it."
    return BadFileError("too_large", msg)


def _fault(error: ParseError) -> str:
    return str(error).partition(":")[0]
