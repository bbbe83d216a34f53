"""Shapes of requests and answers.

Bodies refuse unknown fields; answers list exactly what is shown.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema
from stdnum.dk import cvr as cvr_numbers

from chassis.fields import Day, Email, Instant, Line, Text, Url
from chassis.web import Body, PageArguments
from contracts.values import Body as OfficeBody
from services.directory.model import AssociationForm, AssociationStatus, MembershipRole

LANGUAGES = ("da", "en")
# A remainder of 1 over 11 would need a check digit of 10, so such a number is not issued.
CVR_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)


class Cvr(fields.String):
    """A CVR number: eight digits of which the last is a check digit (modulus 11)."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"description": "8 digits; null for a group that has none yet"}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        digits = super()._deserialize(value, attr, data, **kwargs).replace(" ", "")
        if not (digits.isascii() and digits.isdigit() and len(digits) == 8):
            raise ValidationError("A CVR number has exactly eight digits.")
        if sum(w * int(digit) for w, digit in zip(CVR_WEIGHTS, digits, strict=False)) % 11 == 1:
            raise ValidationError(
                "No CVR number like this is ever issued: its first seven digits have no check"
                " digit. Look for a typing error."
            )
        if not cvr_numbers.is_valid(digits):
            raise ValidationError(
                "This is no CVR number: its check digit does not fit. Look for a typing error."
            )
        return digits


def _language(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(LANGUAGES), **kwargs)


class WhoSchema(Body):
    """A person as others name them."""

    name = Line(required=True)
    email = Email(required=True)


class DescriptionSchema(Body):
    """What an association says of itself."""

    name = Line(required=True, min=2)
    cvr = Cvr(required=True, allow_none=True)
    form = fields.Enum(AssociationForm, by_value=True, load_default=AssociationForm.ASSOCIATION)
    purpose = Text(required=True, max=4000)
    target_groups = fields.List(
        fields.String(validate=validate.Length(1, 60)),
        required=True,
        validate=validate.Length(1, 20),
    )
    area = fields.String(required=True, validate=validate.Length(1, 60))
    website = Url(load_default=None, allow_none=True)
    phone = Line(load_default=None, allow_none=True, max=30)
    public_email = Email(load_default=None, allow_none=True)
    volunteers_wanted = fields.Boolean(load_default=False)

    @post_load
    def unique_words(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Name each target group once, in the order given."""
        if "target_groups" in body:
            body["target_groups"] = list(dict.fromkeys(body["target_groups"]))
        for name in ("phone", "public_email"):
            if name in body:
                body[name] = body[name] or None
        return body


class RegistrationSchema(DescriptionSchema):
    """A new association and the person who answers for it."""

    contact = fields.Nested(WhoSchema, required=True)
    language = _language(load_default="da")


class ReasonSchema(Body):
    """Why."""

    reason = Text(required=True, max=2000)


class ContactSchema(Schema):
    """The person who answers for an association."""

    person_id = fields.UUID(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)


class AssociationSchema(Schema):
    """An association. ``contact`` is there for those who may see it."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    cvr = fields.String(required=True, allow_none=True)
    form = fields.Enum(AssociationForm, by_value=True, required=True)
    purpose = fields.String(required=True)
    target_groups = fields.List(fields.String(), required=True)
    area = fields.String(required=True)
    website = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    public_email = fields.String(required=True, allow_none=True)
    volunteers_wanted = fields.Boolean(required=True)
    status = fields.Enum(AssociationStatus, by_value=True, required=True)
    registered_at = Instant(required=True)
    published_at = Instant(required=True, allow_none=True)
    confirmed_at = Instant(required=True, allow_none=True)
    rejection_reason = fields.String(allow_none=True)
    contact_bounced_at = Instant(allow_none=True)
    contact = fields.Nested(ContactSchema)


class AssociationArgumentsSchema(PageArguments):
    """What to look for in the vejviser."""

    q = fields.String(load_default="", validate=validate.Length(max=200))
    target_group = fields.String(load_default=None)
    area = fields.String(load_default=None)
    volunteers_wanted = fields.Boolean(load_default=None)
    status = fields.Enum(AssociationStatus, by_value=True, load_default=AssociationStatus.PUBLISHED)

    @validates_schema
    def no_nul(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuse what PostgreSQL cannot hold."""
        for name in ("q", "target_group", "area"):
            if "\x00" in (data.get(name) or ""):
                raise ValidationError("Contains control characters, which are not accepted.", name)


class FacetsSchema(Schema):
    """How many matches each choice would leave."""

    target_groups = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    areas = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class AssociationPageSchema(Schema):
    """A page of the vejviser.

    ``ranked`` says whether every match was ranked, or a sample of many.
    """

    items = fields.List(fields.Nested(AssociationSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)
    facets = fields.Nested(FacetsSchema, required=True)
    did_you_mean = fields.String(required=True, allow_none=True)
    ranked = fields.String(required=True, validate=validate.OneOf(["exact", "sample"]))


class WordSchema(Schema):
    """A word of the vejviser in both languages."""

    key = fields.String(required=True)
    da = fields.String(required=True)
    en = fields.String(required=True)


class VocabularySchema(Schema):
    """The municipality, its contact person and the words of its vejviser."""

    target_groups = fields.List(fields.Nested(WordSchema), required=True)
    areas = fields.List(fields.Nested(WordSchema), required=True)
    municipality = fields.Dict(required=True)
    contact = fields.Dict(required=True)
    council = fields.String(required=True)
    committee = fields.String(required=True)


class MembershipBodySchema(Body):
    """A person's role in an association. ``leads``: takes part in its management."""

    association_id = fields.UUID(required=True)
    person = fields.Nested(WhoSchema, required=True)
    role = fields.Enum(MembershipRole, by_value=True, required=True)
    leads = fields.Boolean(load_default=None)
    is_contact = fields.Boolean(load_default=None)


class MembershipSchema(Schema):
    """A role in an association."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    association_id = fields.UUID(required=True)
    association_name = fields.String(required=True)
    person_id = fields.UUID(required=True)
    person_name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    role = fields.Enum(MembershipRole, by_value=True, required=True)
    leads = fields.Boolean(required=True)
    is_contact = fields.Boolean(required=True)
    granted_at = Instant(required=True)


class MembershipArgumentsSchema(PageArguments):
    """Whose memberships."""

    association_id = fields.UUID(load_default=None)
    person_id = fields.UUID(load_default=None)


class PersonSchema(Schema):
    """A person's contact details."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)


class PersonArgumentsSchema(PageArguments):
    """Part of a name or address."""

    q = Line(load_default="")


class PersonChangeSchema(Body):
    """What changes."""

    name = Line(min=1)
    email = Email(min=1)
    language = _language()


class OfficeBodySchema(Body):
    """An appointment."""

    person = fields.Nested(WhoSchema, required=True)
    body = fields.Enum(OfficeBody, by_value=True, required=True)
    title = Line(required=True)
    starts_on = Day(required=True)
    ends_on = Day(load_default=None, allow_none=True)


class OfficeSchema(Schema):
    """Who holds an office, from when to when."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    person_id = fields.UUID(required=True)
    person_name = fields.String(required=True)
    body = fields.Enum(OfficeBody, by_value=True, required=True)
    title = fields.String(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)


class OfficeArgumentsSchema(PageArguments):
    """Which offices."""

    body = fields.Enum(OfficeBody, by_value=True, load_default=None)
    current = fields.Boolean(load_default=None)


class OfficeEndSchema(Body):
    """The last day; today when none is given."""

    ends_on = Day(load_default=None, allow_none=True)


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


class MyAssociationSchema(Schema):
    """An association I have a role in."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    role = fields.Enum(MembershipRole, by_value=True, required=True)
    leads = fields.Boolean(required=True)
    status = fields.Enum(AssociationStatus, by_value=True, required=True)


class MeSchema(Schema):
    """Oneself: roles, associations, offices."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    associations = fields.List(fields.Nested(MyAssociationSchema), required=True)
    offices = fields.List(fields.Nested(OfficeSchema), required=True)


class JwksSchema(Schema):
    """Public keys of sign-in tokens (RFC 7517)."""

    keys = fields.List(fields.Dict(), required=True)
