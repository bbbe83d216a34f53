"""Routes: the arguments they read, the answers they give and the problems they may have."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import flask
import flask_smorest
import orjson
from flask import g
from flask_smorest.utils import resolve_schema_instance
from marshmallow import INCLUDE, RAISE, Schema, fields, validate
from sqlalchemy import Row
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from chassis.dump import dump_function
from chassis.problems import Problem, UnsupportedMedia
from chassis.web.rendering import PROBLEM_TYPE

R = TypeVar("R", bound=Callable[..., Any])


class Body(Schema):
    """Base of every request body: unknown fields are refused, so nothing is set by accident."""

    class Meta:
        """marshmallow's options."""

        unknown = RAISE


class PageArguments(Body):
    """Query arguments of every list."""

    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, 200), metadata={"description": "Items per page"}
    )
    cursor = fields.String(load_default=None, metadata={"description": "`next` of the page before"})


@functools.cache
def page_of(item: type[Schema]) -> type[Schema]:
    """Return the schema of a page: ``items``, ``next`` (a cursor or null), ``total`` if known."""
    name = item.__name__.removesuffix("Schema") + "PageSchema"
    return type(
        name,
        (Schema,),
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(required=True, allow_none=True),
            "total": fields.Integer(allow_none=True),
        },
    )


class ProblemErrorSchema(Schema):
    """One refused field."""

    pointer = fields.String(
        metadata={"description": "JSON pointer into the request, e.g. /budget/0/amount_ore"}
    )
    detail = fields.String()


class ProblemSchema(Schema):
    """A problem document (RFC 9457); some have further members of their own."""

    class Meta:
        """marshmallow's options."""

        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    instance = fields.String()
    correlation_id = fields.String()
    errors = fields.List(fields.Nested(ProblemErrorSchema))


class Parser(FlaskParser):
    """Reads arguments: strictly, and through orjson, which knows no NaN and no endless nesting."""

    # What webargs would pass over in silence is the schema's to refuse: a misspelt filter must
    # not show everything.
    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION)

    def load_json(self, req: flask.Request, schema: Schema) -> Any:  # noqa: ARG002 - webargs' form
        """Read a JSON body. Raises :class:`UnsupportedMedia` where it does not say it is JSON."""
        body = req.get_data(cache=True)
        if not body:
            return missing
        if not req.is_json:
            raise UnsupportedMedia("Send the body as application/json.")
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise BadRequest("The body is not valid JSON in UTF-8.") from error


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose routes dump fast, carry an ETag and list their problems in OpenAPI.

    A view gets its parsed arguments first, in the order of its ``@arguments`` decorators from the
    top, and the variables of its path by name: ``def put(body, association_id)``.
    """

    ARGUMENTS_PARSER = Parser()

    def response(self, status_code: Any, schema: Any = None, **kwargs: Any) -> Callable[[R], R]:
        """Describe the answer; the ``version`` of what the view returns goes into the ETag."""
        instance = resolve_schema_instance(schema)
        if isinstance(instance, Schema):
            instance.dump = dump_function(instance)  # type: ignore[method-assign]
        decorate = super().response(status_code, instance, **kwargs)

        def wrap(view: R) -> R:
            @functools.wraps(view)
            def versioned(*args: Any, **options: Any) -> Any:
                result = view(*args, **options)
                if isinstance(result, Row):
                    # A row is a tuple, which Flask would take for body, status and headers.
                    result = dict(result._mapping)  # noqa: SLF001 - public, in spite of its name
                body = result[0] if isinstance(result, tuple) else result
                of_mapping = isinstance(body, Mapping)
                version = body.get("version") if of_mapping else getattr(body, "version", None)
                if isinstance(version, int):
                    g.version = version
                return result

            return decorate(versioned)  # type: ignore[no-any-return]

        return wrap

    def problems(self, *kinds: type[Problem]) -> Callable[[R], R]:
        """List the problems of a route: each becomes a documented problem+json answer."""

        def wrap(view: R) -> R:
            for status in sorted({kind.status for kind in kinds}):
                text = "; ".join(
                    f"{kind.title} (`{kind.slug}`)" for kind in kinds if kind.status == status
                )
                view = self.alt_response(
                    status, schema=ProblemSchema, description=text, content_type=PROBLEM_TYPE
                )(view)
            return view

        return wrap
