"""Hostile texts in every field that takes free text, and where they come out again.

Which fields there are follows from the merged OpenAPI document, so a new one is met by itself.
:class:`HostileTown` is the API as people use it, but whatever they write has a payload at its end,
and what they leave empty is filled with one. Each field's payloads carry its own sign, by which
they are found again in pages, mails and files.
"""

import json
import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from embedded.actors import Json, Refused, Town
from gateway import openapi

# An element made out of any of these has the attribute ``xss``; a script that ran leaves ``__xss``.
PIECES: Final = (
    "<script xss>__xss=1</script>",
    "<img xss src=x onerror=__xss=1>",
    "<svg xss onload=__xss=1>",
    '" xss autofocus onfocus=__xss=1 x="',
    "' xss autofocus onfocus=__xss=1 x='",
    "</script><script xss>__xss=1</script>",
    "</textarea><img xss src=x onerror=__xss=1>",
    "</title></style><b xss onclick=__xss=1>",
    "--><img xss src=x onerror=__xss=1><!--",
    "<!--<script xss>",
    "<a xss href=javascript:__xss=1>x</a>",
    "javascript:__xss=1//",
    "data:text/html,<script xss>__xss=1</script>",
    "[x](javascript:__xss=1) ![x](data:text/html,x)",
    "<math xss><mtext><style><img src=x onerror=__xss=1>",
    "{{7*7}} {% raw %} ${7*7} <%= 7*7 %> #{7*7}",
    "]]><b xss>&lt;b xss&gt;&#60;b xss&#62;",
    '#read("/etc/passwd") #image("/etc/passwd")',
    "$x^2$ *fed* _skrå_ `kode` #[ @x <label>",
)
# What only a text of several lines may hold: a header, a calendar's component, letters of no width.
LINES: Final = (
    "Bcc: xss@example.org",
    "",
    "END:VEVENT",
    "BEGIN:VALARM",
    "X-XSS:1",
    "usyn\u200blig\ufeff\u2060 og bl\u00adød",
)
SHORT: Final = ("<b xss>", "' xss x='", '" xss x="')
FORMULA: Final = "=1+1 "
REFUSED: Final = ("\u202e", "\x00", "\u2066")
"""What turns the direction of writing, and what is no letter: nobody may write these."""

MANY_LINES: Final = 500
WORD: Final = 60
WORDS: Final = frozenset({"area", "target_groups", "topics", "topic", "target_group", "department"})
"""The municipality's own words, one of which is chosen."""
NOT_TEXT: Final[Mapping[str, str]] = {
    "cvr": "eight digits",
    "rrule": "a rule of RFC 5545, read and written anew",
    **dict.fromkeys(
        ("token", "receipt", "browser", "refresh_token", "authorization_code", "state", "iss"),
        "a secret that is compared and never shown",
    ),
    "email": "whom mail goes to: as contact_email and public_email are",
}
"""Names of fields whose type is a string, and why nobody writes into them."""
_WRITING: Final = ("put", "post", "patch")
_BLANK: Final = re.compile(r"[\s\u00ad\u200b\u2060\ufeff]+")


@dataclass(frozen=True, order=True)
class Field:
    """A place for text: an operation, and a JSON pointer into its body (``-``: each of many).

    ``?name`` is a part of the query, ``X-File-Name`` the name of a file that is sent.
    """

    operation: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.operation} {self.pointer}"

    @property
    def name(self) -> str:
        """What the field is called."""
        return [part for part in re.split(r"[/?]", self.pointer) if part not in {"", "-", "*"}][-1]


@cache
def document() -> Any:
    """The merged OpenAPI document."""
    return json.loads(openapi.PATH.read_text(encoding="utf-8"))


@cache
def fields() -> tuple[Field, ...]:
    """Every place for free text, in order: the place in it is the field's sign."""
    found = []
    for operation, described in _operations():
        found += [Field(operation, pointer) for pointer, _ in _texts(_body(described), "")]
        found += [Field(operation, f"?{name}") for name, _ in _query(described)]
        if not _body(described) and _takes_file(described):
            found.append(Field(operation, "X-File-Name"))
    return tuple(sorted(found))


def squeezed(text: str) -> str:
    """Leave out what is not seen: a page breaks lines where it likes."""
    return _BLANK.sub("", unicodedata.normalize("NFC", text))


def sign(of: Field) -> str:
    """Name a field in a way that no other text does."""
    return f"zq{fields().index(of):03}q"


def payload(of: Field, schema: Mapping[str, Any], before: str) -> str:
    """Return what is written into a field instead of ``before``, which it begins with."""
    room, format_ = schema.get("maxLength", 200), schema.get("format")
    mark, turn = sign(of), zlib.crc32(before.encode())
    if format_ == "email":
        return f"{mark}'{{{{7*7}}}}=$x$@example.org"
    if format_ in {"url", "uri"}:
        return f"https://example.org/{mark}'onfocus=__xss=1//\"xss><b/xss>{{{{7*7}}}}"
    if of.pointer == "X-File-Name":
        stem, _, ending = before.rpartition(".")
        return f"{stem} {mark} {PIECES[turn % 5].replace('/', '')}.{ending}"
    if room > MANY_LINES:
        pieces = "\n\n".join(PIECES)
        parts = f"{FORMULA}{before} {mark} {pieces}\n" + "\n".join(LINES)
        return parts if len(parts) <= room else f"{before} {mark} {PIECES[turn % len(PIECES)]}"
    for shown in (before, ""):
        for step in range(len(PIECES)):
            whole = f"{shown} {mark} {PIECES[(turn + step) % len(PIECES)]}".strip()
            if len(whole) <= room:
                return whole
    return f"{mark} {SHORT[turn % len(SHORT)]}"[:room]


@dataclass
class HostileTown(Town):
    """A town whose people write payloads wherever they can.

    ``written`` holds what each field was given. What nobody may write is tried once in each text
    and in each of the municipality's words: ``refused`` of ``tried`` said so at the field.
    """

    written: dict[Field, set[str]] = field(default_factory=dict)
    tried: set[Field] = field(default_factory=set)
    refused: set[Field] = field(default_factory=set)

    def call(self, method: str, path: str, body: Json = None, **options: Any) -> Json:
        """Call the API as :meth:`Town.call` does, with payloads in what is written."""
        found = find(method, path)
        if found is None:
            return super().call(method, path, body, **options)
        operation, described = found
        given: dict[Field, str] = {}
        if options.get("raw") is not None:
            path, options = self._sent_as_file(operation, described, path, options, given)
        elif body is not None and _body(described):
            body = _poisoned(_body(described), body, Field(operation, ""), given)
            self._try_what_is_refused(operation, described, method, path, body, options)
        answer = super().call(method, path, body, **options)
        for each, text in given.items():
            self.written.setdefault(each, set()).add(text)
        return answer

    def _sent_as_file(
        self,
        operation: str,
        described: Any,
        path: str,
        options: Mapping[str, Any],
        given: dict[Field, str],
    ) -> tuple[str, dict[str, Any]]:
        headers = dict(options.get("headers") or {})
        of = Field(operation, "X-File-Name")
        if of in fields() and "X-File-Name" in headers:
            given[of] = payload(of, {}, unquote(headers["X-File-Name"]))
            headers["X-File-Name"] = quote(given[of], safe="")
        parts = urlsplit(path)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        for name, schema in _query(described):
            of = Field(operation, f"?{name}")
            asked[name] = given[of] = payload(of, schema, asked.get(name, ""))
        return f"{parts.path}?{urlencode(asked)}", {**options, "headers": headers}

    def _try_what_is_refused(
        self, operation: str, described: Any, method: str, path: str, body: Any, options: Any
    ) -> None:
        for pointer, way in _places(_body(described), body, ""):
            of = Field(operation, pointer)
            if of in self.refused:
                continue
            self.tried.add(of)
            texts = [f"x{letter}y" for letter in REFUSED] if of in fields() else ["<b xss>"]
            said = [self._refusal(method, path, _with(body, way, text), options) for text in texts]
            place = "/".join(["", *map(str, way)])
            # Of a list of words the list may be named.
            if all(any(place.startswith(each) for each in named) for named in said):
                self.refused.add(of)

    def _refusal(self, method: str, path: str, body: Any, options: Any) -> list[str]:
        """Send what should be refused; name the fields that it was refused for."""
        try:
            super().call(method, path, body, **options)
        except Refused as refused:
            errors = refused.problem.get("errors", ()) if refused.status == 422 else ()
            return [named for each in errors if (named := str(each["pointer"]).lstrip("#"))]
        return []


def _operations() -> Iterator[tuple[str, Any]]:
    for path, item in document()["paths"].items():
        for method in _WRITING:
            if method in item:
                parameters = [*item.get("parameters", ()), *item[method].get("parameters", ())]
                yield f"{method.upper()} {path}", {**item[method], "parameters": parameters}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, Any], ...]:
    made = []
    for operation, described in _operations():
        method, _, path = operation.partition(" ")
        steps = [r"[^/]+" if step.startswith("{") else re.escape(step) for step in path.split("/")]
        made.append((re.compile(f"{method} {'/'.join(steps)}"), operation, described))
    return tuple(made)


def find(method: str, path: str) -> tuple[str, Any] | None:
    """Return the operation that a request is for, as it is described; None where there is none."""
    asked = f"{method} {urlsplit(path).path}"
    for pattern, operation, described in _patterns():
        if pattern.fullmatch(asked):
            return operation, described
    return None


def _body(described: Mapping[str, Any]) -> Any:
    content = described.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("schema")


def _takes_file(described: Mapping[str, Any]) -> bool:
    return "415" in described["responses"] and "413" in described["responses"]


def _query(described: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found = [
        (each["name"], _resolved(each.get("schema", {})))
        for each in described["parameters"]
        if each.get("in") == "query"
    ]
    return [(name, schema) for name, schema in found if _is_text(schema, name)]


def _resolved(schema: Any) -> Any:
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def kinds(schema: Any) -> list[Any]:
    """Return the forms a schema may take."""
    schema = _resolved(schema)
    choices = [each for name in ("anyOf", "oneOf", "allOf") for each in schema.get(name, ())]
    return [found for each in choices for found in kinds(each)] or [schema]


def _has_type(schema: Any, name: str) -> bool:
    said = schema.get("type", ())
    return name == said or (isinstance(said, list) and name in said)


def is_string(schema: Any) -> bool:
    """Tell whether a schema takes any text."""
    formats = {None, "email", "url", "uri"}
    bound = "enum" in schema or "pattern" in schema or schema.get("format") not in formats
    return _has_type(schema, "string") and not bound


def _is_word(schema: Any, name: str) -> bool:
    return name in WORDS and schema.get("maxLength", 0) <= WORD


def _is_text(schema: Any, name: str) -> bool:
    return is_string(schema) and name not in NOT_TEXT and not _is_word(schema, name)


def _texts(schema: Any, pointer: str, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every place for free text in a body."""
    for kind in kinds(schema) if schema else ():
        for key, value in kind.get("properties", {}).items():
            yield from _texts(value, f"{pointer}/{key}", key)
        if _has_type(kind, "array"):
            yield from _texts(kind["items"], f"{pointer}/-", name)
        elif isinstance(kind.get("additionalProperties"), dict):
            yield from _texts(kind["additionalProperties"], f"{pointer}/*", name)
        elif _is_text(kind, name):
            yield pointer, kind


def _poisoned(schema: Any, value: Any, of: Field, given: dict[Field, str], name: str = "") -> Any:
    """Write payloads into a body, and into the texts it leaves out."""
    for kind in kinds(schema):
        if isinstance(value, dict) and "properties" in kind:
            known = kind["properties"]
            inner = {
                key: _poisoned(known[key], each, _under(of, key), given, key)
                for key, each in value.items()
                if key in known
            }
            left_out = {key: each for key, each in known.items() if key not in value}
            for key, each in left_out.items():
                filled = _filled(each, _under(of, key), given, key)
                inner |= {} if filled is None else {key: filled}
            return {**value, **inner}
        if isinstance(value, list) and _has_type(kind, "array"):
            if not value:
                return _filled(kind, of, given, name) or value
            return [_poisoned(kind["items"], each, _under(of, "-"), given, name) for each in value]
        if (value is None or isinstance(value, str)) and _is_text(kind, name) and of in fields():
            given[of] = payload(of, kind, value or "")
            return given[of]
    return value


def _filled(schema: Any, of: Field, given: dict[Field, str], name: str) -> Any:
    """Make up a text that was left out, or one of several; None where it is something else."""
    for kind in kinds(schema):
        if _is_text(kind, name):
            given[of] = payload(of, kind, "")
            return given[of]
        if _has_type(kind, "array"):
            item = _filled(kind["items"], _under(of, "-"), given, name)
            return None if item is None else [item]
    return None


def _places(schema: Any, value: Any, pointer: str, name: str = "") -> Iterator[tuple[str, Any]]:
    """The strings of a body that are texts or words: their pointer, and the way to each."""
    for kind in kinds(schema):
        if isinstance(value, dict):
            for key, each in value.items():
                if key in kind.get("properties", {}):
                    inner = _places(kind["properties"][key], each, f"{pointer}/{key}", key)
                    yield from ((found, (key, *way)) for found, way in inner)
        elif isinstance(value, list) and _has_type(kind, "array"):
            for place, each in enumerate(value):
                inner = _places(kind["items"], each, f"{pointer}/-", name)
                yield from ((found, (place, *way)) for found, way in inner)
        elif is_string(kind) and "format" not in kind and isinstance(value, str):
            yield from () if name in NOT_TEXT else ((pointer, ()),)


def _with(value: Any, way: tuple[Any, ...], text: str) -> Any:
    """Return a body that says something else at one place."""
    if not way:
        return text
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[way[0]] = _with(value[way[0]], way[1:], text)
    return copied


def _under(of: Field, step: str) -> Field:
    return Field(of.operation, f"{of.pointer}/{step}")
