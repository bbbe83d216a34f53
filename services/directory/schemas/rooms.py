"""Shapes of rooms, their pictures, and what was looked for in vain."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate
from webargs.fields import DelimitedList

from chassis.fields import Day, Email, Instant, Line, Ore, Text
from chassis.web import Body, PageArguments
from services.directory.model import Access, Equipment, PublicationStatus, Size
from services.directory.schemas.offers import MAX_PRICE_ORE
from services.directory.schemas.values import POSTCODE

EQUIPMENT = tuple(each.value for each in Equipment)
ACCESS = tuple(each.value for each in Access)
MOST_PERSONS = 5000


def _several(allowed: tuple[str, ...]) -> Any:
    return fields.List(
        fields.String(validate=validate.OneOf(allowed)),
        load_default=list,
        validate=validate.Length(max=len(allowed)),
    )


class RoomBodySchema(Body):
    """A room as everybody may know it."""

    name = Line(required=True, min=2, max=120)
    description = Text(load_default="", max=4000)
    area = fields.String(required=True, validate=validate.Length(1, 60))
    place = Line(required=True, max=200, metadata={"description": "The address, as text"})
    postcode = fields.String(load_default=None, allow_none=True, validate=POSTCODE)
    persons = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=MOST_PERSONS)
    )
    square_metres = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(min=1, max=20_000)
    )
    equipment = _several(EQUIPMENT)
    access = _several(ACCESS)
    opening = Text(load_default="", max=500)
    contact_title = Line(
        required=True,
        max=120,
        metadata={"description": "A function, not a person: who is asked"},
    )
    contact_email = Email(load_default=None, allow_none=True)
    contact_phone = Line(load_default=None, allow_none=True, max=30)
    price_ore = Ore(
        load_default=None,
        allow_none=True,
        max=MAX_PRICE_ORE,
        metadata={"description": "0 is free; null where price_text tells"},
    )
    price_text = Line(load_default=None, allow_none=True)
    is_house = fields.Boolean(
        load_default=False, metadata={"description": "The Frivillighus, or one of them"}
    )

    @post_load
    def tidied(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Name each thing once; take nothing for none."""
        for name in ("equipment", "access"):
            data[name] = list(dict.fromkeys(data[name]))
        for name in ("contact_email", "contact_phone", "price_text"):
            data[name] = data[name] or None
        return data


class PictureArgumentsSchema(Body):
    """What somebody who cannot see the picture is told."""

    alt = Line(required=True, min=2, max=250)


class PictureSchema(Schema):
    """A picture of a room."""

    id = fields.UUID(required=True)
    alt = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "Bytes"})


class RoomSchema(Schema):
    """A room with its pictures."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    area = fields.String(required=True)
    place = fields.String(required=True)
    postcode = fields.String(required=True, allow_none=True)
    persons = fields.Integer(required=True)
    square_metres = fields.Integer(required=True, allow_none=True)
    equipment = fields.List(fields.String(), required=True)
    access = fields.List(fields.String(), required=True)
    opening = fields.String(required=True)
    contact_title = fields.String(required=True)
    contact_email = fields.String(required=True, allow_none=True)
    contact_phone = fields.String(required=True, allow_none=True)
    price_ore = fields.Integer(required=True, allow_none=True)
    price_text = fields.String(required=True, allow_none=True)
    is_house = fields.Boolean(required=True)
    status = fields.Enum(PublicationStatus, by_value=True, required=True)
    created_at = Instant(required=True)
    changed_at = Instant(required=True)
    published_at = Instant(required=True, allow_none=True)
    pictures = fields.List(fields.Nested(PictureSchema), required=True)


class RoomArgumentsSchema(PageArguments):
    """What is needed: all of it must be there."""

    q = Line(load_default="", max=200)
    area = Line(load_default=None, max=60)
    persons = fields.Integer(load_default=None, validate=validate.Range(1, MOST_PERSONS))
    equipment = DelimitedList(
        fields.String(validate=validate.OneOf(EQUIPMENT)),
        load_default=list,
        metadata={"description": "Separated by commas"},
    )
    access = DelimitedList(
        fields.String(validate=validate.OneOf(ACCESS)),
        load_default=list,
        metadata={"description": "Separated by commas"},
    )
    status = fields.Enum(PublicationStatus, by_value=True, load_default=PublicationStatus.PUBLISHED)


class UnmetRoomNeedBodySchema(Body):
    """What somebody looked for in vain; nothing of who."""

    area = fields.String(required=True, validate=validate.Length(1, 60))
    persons = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=MOST_PERSONS)
    )


class UnmetRoomNeedSchema(Schema):
    """How often a size was missing in an area in a month (its first day)."""

    month = fields.Date(required=True)
    area = fields.String(required=True)
    size = fields.Enum(Size, by_value=True, required=True)
    count = fields.Integer(required=True)


class UnmetRoomNeedsSchema(Schema):
    """What was looked for in vain, the latest month first."""

    items = fields.List(fields.Nested(UnmetRoomNeedSchema), required=True)
    total = fields.Integer(required=True)


class UnmetRoomNeedArgumentsSchema(Body):
    """Since which month; a year ago unless said."""

    since = Day(load_default=None)
