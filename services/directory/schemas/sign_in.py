"""Shapes of signing in: links, visits to an identity provider, sessions and keys."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from chassis.fields import Email, Instant
from chassis.web import Body


class SignInLinkBodySchema(Body):
    """Who wants to sign in, and the secret of their browser."""

    email = Email(required=True)
    browser = fields.String(required=True, validate=validate.Length(16, 200))


class SignInLinkSchema(Schema):
    """A requested link; the same for known and unknown addresses."""

    id = fields.UUID(required=True)
    expires_at = Instant(required=True)


class SignInMethodsSchema(Schema):
    """How one can sign in here."""

    link = fields.Boolean(required=True)
    identity_provider = fields.Boolean(required=True)


class SignInFlowBodySchema(Body):
    """The secret of the browser that is about to visit the identity provider."""

    browser = fields.String(required=True, validate=validate.Length(16, 200))


class SignInFlowSchema(Schema):
    """A visit to the identity provider that has begun."""

    id = fields.UUID(required=True)
    authorization_url = fields.Url(required=True, require_tld=False)
    expires_at = Instant(required=True)


class SessionBodySchema(Body):
    """What was mailed, or what the identity provider handed over; from the browser that asked.

    A mailed token; or the mailed code with the link's id; or the provider's ``code`` as
    ``authorization_code``, with its ``state`` and ``iss`` and the id of the flow.
    """

    link_id = fields.UUID(load_default=None, allow_none=True)
    token = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    code = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"^\d{6}\Z"))
    flow_id = fields.UUID(load_default=None, allow_none=True)
    authorization_code = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(1, 4096)
    )
    state = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    iss = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 500))
    browser = fields.String(load_default="", validate=validate.Length(max=200))

    @validates_schema
    def one_of_three(self, data: Mapping[str, Any], **_: Any) -> None:
        """Take one of the three; a code only together with what it belongs to."""
        ways = ("token", "code", "authorization_code")
        if sum(data.get(way) is not None for way in ways) != 1:
            raise ValidationError("Give either token, code or authorization_code.", "token")
        if data.get("authorization_code") is not None:
            for name in ("flow_id", "state"):
                if data.get(name) is None:
                    raise ValidationError("An authorization_code needs its flow and state.", name)
        if data.get("code") is not None and data.get("link_id") is None:
            raise ValidationError("A code needs the link_id it belongs to.", "link_id")


class SessionPersonSchema(Schema):
    """Who is signed in."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    language = fields.String(required=True)


class NewSessionSchema(Schema):
    """A session with its tokens."""

    id = fields.UUID(required=True)
    access_token = fields.String(required=True)
    expires_at = Instant(required=True)
    refresh_token = fields.String(required=True)
    person = fields.Nested(SessionPersonSchema, required=True)


class RenewalBodySchema(Body):
    """The refresh token that is swapped."""

    refresh_token = fields.String(required=True, validate=validate.Length(1, 200))


class SessionSchema(Schema):
    """One of one's sessions."""

    id = fields.UUID(required=True)
    started_at = Instant(required=True)
    rotated_at = Instant(required=True)
    is_current = fields.Boolean(required=True)
    acr = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The identity provider's level of assurance, where it told one"},
    )
    amr = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The means of signing in, in the identity provider's words"},
    )


class JwksSchema(Schema):
    """Public keys of sign-in tokens (RFC 7517)."""

    keys = fields.List(fields.Dict(), required=True)
