"""A small graph: things with properties, written as Turtle or JSON-LD. No more than a catalogue needs."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

PREFIXES: Mapping[str, str] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "locn": "http://www.w3.org/ns/locn#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_UNSAFE = re.compile(r"[\x00-\x20<>\"{}|^`\\]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True)
class Iri:
    """A thing named by its address."""

    value: str

    @property
    def safe(self) -> str:
        """The address with what no address may hold percent-encoded."""
        return _UNSAFE.sub(
            lambda found: "".join(f"%{byte:02X}" for byte in found.group().encode()), self.value
        )


@dataclass(frozen=True)
class Literal:
    """A text in a language, or a value of a type (``xsd:date``); neither for plain text."""

    value: str
    language: str = ""
    type: str = ""


@dataclass
class Thing:
    """A node: named, or blank when ``iri`` is None. ``type`` and properties are prefixed names."""

    type: str
    iri: str | None = None
    properties: list[tuple[str, "Value"]] = field(default_factory=list)

    def add(self, name: str, value: "Value | None") -> "Thing":
        """Say one more thing; None is not said."""
        if value is not None and not (isinstance(value, Literal) and value.value == ""):
            self.properties.append((name, value))
        return self

    @property
    def ref(self) -> Iri:
        assert self.iri is not None
        return Iri(self.iri)


Value = Iri | Literal | Thing


def zh(text: str) -> Literal:
    return Literal(text, language="zh")


def typed(value: Any, kind: str) -> Literal:
    return Literal(str(value), type=f"xsd:{kind}")


def turtle(things: Iterable[Thing]) -> str:
    """The graph as Turtle (W3C Recommendation)."""
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
    return head + "\n" + "\n".join(_turtle_thing(thing) for thing in things)


def _turtle_thing(thing: Thing) -> str:
    subject = f"<{Iri(thing.iri).safe}>" if thing.iri else "[]"
    lines = [f"a {thing.type}", *(f"{name} {_turtle_value(value)}" for name, value in thing.properties)]
    return f"{subject} " + " ;\n    ".join(lines) + " .\n"


def _turtle_value(value: Value) -> str:
    if isinstance(value, Iri):
        return f"<{value.safe}>"
    if isinstance(value, Literal):
        text = '"' + "".join(_escaped(symbol) for symbol in value.value) + '"'
        if value.language:
            return f"{text}@{value.language}"
        return f"{text}^^{value.type}" if value.type else text
    if value.iri:
        return f"<{Iri(value.iri).safe}>"
    inner = [f"a {value.type}", *(f"{name} {_turtle_value(one)}" for name, one in value.properties)]
    return "[ " + " ; ".join(inner) + " ]"


def _escaped(symbol: str) -> str:
    if symbol in _ESCAPES:
        return _ESCAPES[symbol]
    return f"\\u{ord(symbol):04X}" if symbol < " " or symbol == "\x7f" else symbol


def jsonld(things: Iterable[Thing]) -> str:
    """The same graph as JSON-LD 1.1."""
    graph = [_jsonld_thing(thing) for thing in things]
    return json.dumps({"@context": dict(PREFIXES), "@graph": graph}, ensure_ascii=False, indent=1)


def _jsonld_thing(thing: Thing) -> dict[str, Any]:
    told: dict[str, Any] = {"@id": Iri(thing.iri).safe} if thing.iri else {}
    told["@type"] = thing.type
    for name, value in thing.properties:
        told.setdefault(name, []).append(_jsonld_value(value))
    return told


def _jsonld_value(value: Value) -> dict[str, Any]:
    if isinstance(value, Iri):
        return {"@id": value.safe}
    if isinstance(value, Literal):
        told = {"@value": value.value}
        if value.language:
            told["@language"] = value.language
        elif value.type:
            told["@type"] = value.type
        return told
    return _jsonld_thing(value) if not value.iri else {"@id": Iri(value.iri).safe}
