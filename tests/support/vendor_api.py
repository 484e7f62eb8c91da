"""A vendor's own API document (OpenAPI 3.0), held against what we send and what we are answered.

The documents are not ours and not in this project: they lie in ``../shared/specs`` beside the checkout, or where ``COCKPIT_SPECS``
says. A test that lacks one is skipped with the reason; where ``CI`` is set it fails.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import fastjsonschema
import pytest

PLACES = (os.environ.get("COCKPIT_SPECS", ""), str(Path(__file__).parents[3] / "shared" / "specs"))
_SAID = frozenset(("example", "examples", "discriminator", "readOnly", "nullable", "description", "title", "default", "deprecated"))
_DEEP = 6  # so many records within records are told; some refer to each other without end
_TIME, _MAIL, _URL = "2026-11-25T02:30:42Z", "ana@example.com", "https://example.com/it"


def document(name: str) -> Document:
    """The document of this name."""
    found = next((Path(place) / name for place in PLACES if place and (Path(place) / name).is_file()), None)
    if found is None:
        reason = f"needs the vendor's API document {name}, in ../shared/specs or where COCKPIT_SPECS says"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return _read(found)


@cache
def _read(path: Path) -> Document:
    return Document(json.loads(path.read_bytes()))


class Document:
    """One API."""

    def __init__(self, told: Any) -> None:
        self._told = told
        self._checks: dict[tuple[str, bool], Any] = {}
        self._paths = [(re.compile(re.sub(r"\\{[^/]*?\\}", "[^/]+", re.escape(path)) + r"\Z"), path) for path in told["paths"]]
        self._paths.sort(key=lambda each: each[1].count("{"))  # /users/me before /users/{id}

    def at(self, pointer: str) -> Any:
        """What a JSON pointer leads to, references followed."""
        found = self._told
        for step in pointer.removeprefix("#/").split("/") if pointer != "#" else ():
            found = self.whole(found)
            step = step.replace("~1", "/").replace("~0", "~")
            found = found[int(step)] if isinstance(found, list) else found[step]
        return self.whole(found)

    def whole(self, found: Any) -> Any:
        """The thing itself, where this refers to one."""
        return self.at(found["$ref"]) if isinstance(found, Mapping) and "$ref" in found else found

    def operation(self, method: str, path: str) -> tuple[str, Any] | None:
        """The path as the document writes it, and what it says of this method there."""
        for pattern, template in self._paths:
            if pattern.match(path) and method.lower() in self._told["paths"][template]:
                return template, self._told["paths"][template][method.lower()]
        return None

    def problems(self, method: str, target: str, fields: Mapping[str, str], body: bytes) -> list[str]:
        """What is wrong with a request; nothing is as good as valid."""
        parts = urlsplit(target)
        found = self.operation(method, unquote(parts.path))
        if found is None:
            return [f"{method} {parts.path} is not in the document"]
        template, operation = found
        shared = self._told["paths"][template].get("parameters", [])
        known = [self.whole(each) for each in (*shared, *operation.get("parameters", []))]
        query = parse_qsl(parts.query, keep_blank_values=True)
        wrong = [f"unknown query key {name}" for name, _ in query if name not in {p["name"] for p in known if p["in"] == "query"}]
        given = {"query": {name for name, _ in query}, "header": {name.lower() for name in fields}}
        for each in known:
            name, place = each["name"], each["in"]
            if each.get("required") and place in given and (name.lower() if place == "header" else name) not in given[place]:
                wrong.append(f"{place} {name} is missing")
            wrong += [f"{name}={value}: {said}" for key, value in query if key == name for said in self._value(each, value)]
        pointer = f"#/paths/{_escaped(template)}/{method.lower()}/requestBody"
        return [f"{method} {parts.path}: {each}" for each in (*wrong, *self._body(pointer, operation.get("requestBody"), body))]

    def answers(self, method: str, path: str, status: int, body: bytes) -> list[str]:
        """What is wrong with an answer."""
        found = self.operation(method, path)
        if found is None:
            return [f"{method} {path} is not in the document"]
        template, operation = found
        # the document has 201 for a list that is told with 200: any success stands for that
        alike = [each for each in operation["responses"] if each == str(status)] or [
            each for each in operation["responses"] if each[0] == "2" and 200 <= status < 300
        ]
        if not alike:
            return [f"{method} {template} does not answer {status}"]
        schema = self._content(operation["responses"][alike[0]])
        if schema is None:
            return [] if not body else [f"{method} {template} answers {status} without a body"]
        where = f"{method} {template} {status}"
        return [f"{where}: {each}" for each in self._fits(f"{where}", schema, json.loads(body), strict=False)]

    def samples(self, method: str, path: str, key: str = "") -> Iterator[tuple[str, Any]]:
        """Answers that its schema allows, each with a word: ``minimal``, ``full``, ``nulls`` (every member that is not required is
        ``null``, as the vendor's real answers have it), and one for each of the records ``key`` may hold."""
        found = self.operation(method, path)
        assert found is not None, f"{method} {path} is not in the document"
        for status, response in found[1]["responses"].items():
            schema = self._content(response)
            if status[0] != "2" or schema is None:
                continue
            for mode in ("minimal", "full", "nulls"):
                yield mode, self._sample(schema, mode, 0)
            items = self._merged(schema).get("properties", {}).get(key, {}).get("items", {})
            for number, kind in enumerate(self.whole(items).get("oneOf", ())):
                for mode in ("full", "nulls"):
                    yield f"{key} {number} {mode}", {**self._sample(schema, "full", 0), key: [self._sample(kind, mode, 1)]}

    def _content(self, told: Any) -> Any:
        content: Mapping[str, Any] = self.whole(told).get("content", {})
        return content.get("application/json", {}).get("schema")

    def _value(self, parameter: Any, value: str) -> list[str]:
        schema = self.whole(parameter.get("schema", {}))
        schema = self.whole(schema.get("items", schema))
        if "enum" in schema and value not in map(str, schema["enum"]):
            return [f"must be one of {schema['enum']}"]
        if schema.get("type") == "integer" and not value.isdigit():
            return ["must be a number"]
        return ["must be true or false"] if schema.get("type") == "boolean" and value not in ("true", "false") else []

    def _body(self, pointer: str, told: Any, body: bytes) -> list[str]:
        schema = self._content(told) if told is not None else None
        if schema is None:
            return ["has a body that nothing is said of"] if body else []
        if not body:
            return ["a body is missing"]
        return self._fits(pointer, schema, json.loads(body), strict=True)

    def _fits(self, name: str, schema: Any, value: Any, *, strict: bool) -> list[str]:
        if (name, strict) not in self._checks:
            definitions: dict[str, Any] = {}
            root = self._plain(schema, definitions, strict)
            self._checks[name, strict] = fastjsonschema.compile({**root, "definitions": definitions}, use_formats=strict)
        try:
            self._checks[name, strict](value)
        except fastjsonschema.JsonSchemaValueException as error:
            return [error.message]
        return []

    def _plain(self, schema: Any, definitions: dict[str, Any], strict: bool) -> Any:
        """As JSON Schema has it. Not ``strict``: as the vendor's real answers are, which the document is stricter than: what is not
        required may be null, alternatives need not exclude each other, and a log entry's type is not what its own schema says."""
        if isinstance(schema, list):
            return [self._plain(each, definitions, strict) for each in schema]
        if not isinstance(schema, Mapping):
            return schema
        if "$ref" in schema:
            name = re.sub(r"\W", "_", schema["$ref"])
            if name not in definitions:
                definitions[name] = {}
                definitions[name] = self._plain(self.at(schema["$ref"]), definitions, strict)
            return {"$ref": f"#/definitions/{name}"}
        made: dict[str, Any] = {}
        for key, value in schema.items():
            if key in (
                "example",
                "examples",
                "discriminator",
                "readOnly",
                "nullable",
                "description",
                "title",
                "default",
                "deprecated",
            ):
                continue
            if key == "properties":
                made[key] = {name: self._member(name, each, schema, definitions, strict) for name, each in value.items()}
            elif key == "oneOf" and not strict:
                made["anyOf"] = self._plain(value, definitions, strict)
            elif key in ("items", "allOf", "anyOf", "oneOf", "not", "additionalProperties"):
                made[key] = self._plain(value, definitions, strict)
            elif key not in ("minLength", "format") or (isinstance(schema.get("type"), str) and schema["type"] == "string"):
                made[key] = value
        return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made

    def _member(self, name: str, schema: Any, of: Any, definitions: dict[str, Any], strict: bool) -> Any:
        made = self._plain(schema, definitions, strict)
        if strict:
            return made
        if name == "type":
            return {"type": ["string", "null"]}
        return made if name in of.get("required", ()) else {"anyOf": [made, {"type": "null"}]}

    def _merged(self, schema: Any) -> dict[str, Any]:
        """A schema with all of its ``allOf`` put together; the last word on a member counts."""
        schema = self.whole(schema)
        made: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
        for each in schema.get("allOf", ()):
            inner = self._merged(each)
            made["properties"] = {**inner.get("properties", {}), **made.get("properties", {})}
            made["required"] = [*made.get("required", ()), *inner.get("required", ())]
            made |= {key: value for key, value in inner.items() if key not in ("properties", "required")}
        return made

    def _sample(self, schema: Any, mode: str, depth: int) -> Any:
        schema = self._merged(schema)
        for several in ("oneOf", "anyOf"):
            if several in schema:
                return self._sample(schema[several][0], mode, depth)
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type") or ("object" if "properties" in schema else "string"):
            case "object":
                return self._object(schema, mode, depth)
            case "array":
                return (
                    [self._sample(schema.get("items", {}), mode, depth + 1)]
                    if depth < 6 and (mode != "minimal" or not depth)
                    else []
                )
            case "integer" | "number":
                return max(1, schema.get("minimum", 1))
            case "boolean":
                return True
        return {"date-time": _TIME, "email": _MAIL, "url": _URL, "uri": _URL}.get(schema.get("format", ""), "Text")

    def _object(self, schema: Any, mode: str, depth: int) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        made: dict[str, Any] = {}
        for name, each in schema.get("properties", {}).items():
            kind = self._merged(each).get("type")
            listed = kind == "array" and not depth  # the list that was asked for always has a record
            if mode == "minimal" and not listed and name not in required:
                continue
            if mode == "nulls" and not listed and name not in required and depth:
                made[name] = f"P{depth}NULL" if name == "id" else None
            elif depth < _DEEP:
                made[name] = self._sample(each, mode, depth + (kind != "array"))
        return made


def _escaped(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1")
