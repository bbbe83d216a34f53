"""What several shapes are made of: CVR numbers, languages, people as others name them, reasons."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate
from stdnum.dk import cvr as cvr_numbers

from chassis.fields import Email, Line, Text
from chassis.web import Body

LANGUAGES = ("da", "en")
# A remainder of 1 over 11 would need a check digit of 10, so such a number is not issued.
CVR_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)


POSTCODE = validate.Regexp(r"^\d{4}\Z", error="A postcode has exactly four digits.")


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


def language(**kwargs: Any) -> fields.String:
    """Make the field of a language we write in."""
    return fields.String(validate=validate.OneOf(LANGUAGES), **kwargs)


class WhoSchema(Body):
    """A person as others name them."""

    name = Line(required=True)
    email = Email(required=True)


class ReasonSchema(Body):
    """Why."""

    reason = Text(required=True, max=2000)
