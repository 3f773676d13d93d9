"""Cut the official OpenAPI document down to what the project uses, and repair it.

    python tests/contract/cut_openapi.py openai-spec-2.3.0.yml

writes ``openapi-subset.json`` beside this file. Where the document comes from and why each repair
is needed stands in ``README.md``.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

KEPT_PATHS = (
    "/fine_tuning",
    "/files",
    "/models",
    "/moderations",
    "/uploads",
    "/chat/completions",
)
METHODS = {"get", "post", "put", "patch", "delete"}
TARGET = Path(__file__).with_name("openapi-subset.json")

Node = dict[str, Any]


def cut(document: Node) -> Node:
    """Keep the paths in use and every component that they reach."""
    paths = {path: item for path, item in document["paths"].items() if path.startswith(KEPT_PATHS)}
    subset: Node = {key: document[key] for key in ("openapi", "info", "servers", "security")}
    subset |= {"paths": paths, "components": {}}
    wanted = ["#/components/schemas/ErrorResponse", *_references(paths)]
    while wanted:
        _, _, kind, name = wanted.pop().split("/")
        group = subset["components"].setdefault(kind, {})
        if name not in group:
            group[name] = document["components"][kind][name]
            wanted.extend(_references(group[name]))
    for group in subset["components"].values():
        group.update(dict(sorted(group.items())))
    subset["components"]["securitySchemes"] = document["components"]["securitySchemes"]
    return subset


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in _references(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in _references(value)]
    return []


def repair(node: Any) -> Any:
    """Repair the faults that would make a validator accept everything, or refuse everything."""
    if isinstance(node, list):
        return [repair(value) for value in node]
    if not isinstance(node, dict):
        return node
    fixed = {
        key: repair(value)
        for key, value in node.items()
        if not (isinstance(key, str) and key.startswith("x-"))
    }
    for step in REPAIRS:
        fixed = step(fixed)
    return fixed


def _exclusive_minimum(node: Node) -> Node:
    if node.get("exclusiveMinimum") is True:
        node["exclusiveMinimum"] = node.pop("minimum")
    return node


def _recursive_reference(node: Node) -> Node:
    return {key: value for key, value in node.items() if key != "$recursiveRef"}


def _discriminator(node: Node) -> Node:
    if isinstance(node.get("discriminator"), dict) and "propertyName" in node["discriminator"]:
        del node["discriminator"]
    return node


def _binary(node: Node) -> Node:
    if node.get("format") == "binary" and node.get("type") == "string":
        del node["type"]
    return node


def _nullable(node: Node) -> Node:
    if node.get("nullable") is not True:
        return node
    rest = {key: value for key, value in node.items() if key not in {"nullable", "default"}}
    description = rest.pop("description", None)
    wrapped: Node = {"anyOf": [rest, {"type": "null"}]}
    return wrapped | ({"description": description} if description else {})


REPAIRS: tuple[Callable[[Node], Node], ...] = (
    _exclusive_minimum,
    _recursive_reference,
    _discriminator,
    _binary,
    _nullable,
)


def adjust_operations(subset: Node) -> None:
    """Make the operations judgeable: error answers, binary and streamed bodies, one parameter."""
    error = {
        "description": "Error",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}},
    }
    for item in subset["paths"].values():
        for method in METHODS & item.keys():
            item[method].setdefault("responses", {})["default"] = error
    for parameter in subset["paths"]["/fine_tuning/jobs"]["get"]["parameters"]:
        if parameter["name"] == "metadata":
            parameter["schema"] = {"type": "object", "additionalProperties": {"type": "string"}}
    content = subset["paths"]["/files/{file_id}/content"]["get"]["responses"]["200"]
    content["content"] = {"application/octet-stream": {"schema": {}}}
    chat = subset["paths"]["/chat/completions"]["post"]["responses"]["200"]
    chat["content"]["text/event-stream"] = {"schema": {}}


def main(source: Path) -> None:
    """Write the subset of ``source``."""
    raw = source.read_bytes()
    loader = yaml.CSafeLoader
    loader.yaml_implicit_resolvers = {  # dates stay text: the examples hold some
        key: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for key, resolvers in loader.yaml_implicit_resolvers.items()
    }
    subset = repair(cut(yaml.load(raw, Loader=loader)))  # a safe loader
    adjust_operations(subset)
    subset["info"]["description"] = (
        f"Cut and repaired from a document with the SHA-256 {hashlib.sha256(raw).hexdigest()}; "
        "see README.md."
    )
    text = json.dumps(subset, ensure_ascii=False, indent=1, sort_keys=True)
    TARGET.write_text(text + "\n", encoding="utf-8")
    counts = {kind: len(group) for kind, group in subset["components"].items()}
    sys.stdout.write(f"{len(subset['paths'])} paths, {counts}, {len(text)} characters\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
