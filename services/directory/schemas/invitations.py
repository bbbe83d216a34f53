"""Shapes of invitations, of their links, and of handing an association over on proof."""

from marshmallow import Schema, fields

from chassis.fields import Day, Instant, Text
from chassis.web import Body, PageArguments
from contracts.values import Proof
from services.directory.model import InvitationStatus, MembershipRole
from services.directory.schemas.values import WhoSchema


class InvitationBodySchema(Body):
    """Whom an association asks, and to what. ``hands_over``: the caller leaves once accepted."""

    association_id = fields.UUID(required=True)
    person = fields.Nested(WhoSchema, required=True)
    role = fields.Enum(MembershipRole, by_value=True, required=True)
    leads = fields.Boolean(load_default=False)
    is_contact = fields.Boolean(load_default=False)
    hands_over = fields.Boolean(load_default=False)


class InvitationSchema(Schema):
    """An invitation. ``name`` and ``email`` are as the association wrote them."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    association_id = fields.UUID(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    role = fields.Enum(MembershipRole, by_value=True, required=True)
    leads = fields.Boolean(required=True)
    is_contact = fields.Boolean(required=True)
    hands_over = fields.Boolean(required=True)
    status = fields.Enum(InvitationStatus, by_value=True, required=True)
    mail_count = fields.Integer(required=True)
    invited_at = Instant(required=True)
    mailed_at = Instant(required=True)
    expires_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)


class InvitationArgumentsSchema(PageArguments):
    """Which invitations."""

    association_id = fields.UUID(load_default=None)
    status = fields.Enum(InvitationStatus, by_value=True, load_default=None)


class InvitationLinkSchema(Schema):
    """What the link of an invitation asks; nobody's name is in it.

    ``is_published``: the association has a page that everybody can see.
    """

    association_id = fields.UUID(required=True)
    association_name = fields.String(required=True)
    is_published = fields.Boolean(required=True)
    role = fields.Enum(MembershipRole, by_value=True, required=True)
    leads = fields.Boolean(required=True)
    is_contact = fields.Boolean(required=True)
    hands_over = fields.Boolean(required=True)
    status = fields.Enum(InvitationStatus, by_value=True, required=True)
    expires_at = Instant(required=True)


class HandoverSchema(Body):
    """Who takes over, and what was seen: its kind, its date, and what it says."""

    person = fields.Nested(WhoSchema, required=True)
    proof = fields.Enum(Proof, by_value=True, required=True)
    proof_on = Day(required=True)
    proof_text = Text(required=True, max=2000)
