"""What a service keeps of one person, for that person to read and take along (GDPR art. 15, 20).

Every service answers for its own; who wants all of it asks each through the gateway, with the
person's own token (docs/decisions/0068). Made by the chassis, so that no service forgets it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from chassis import telemetry
from chassis.auth import require
from chassis.personal import Held, collect
from chassis.problems import SignInTooOld
from chassis.web.blueprint import Blueprint
from chassis.web.request import reading

log = telemetry.logger(__name__)


class PersonalPartSchema(Schema):
    """Rows of one kind: each as its columns are called. ``left_out`` older ones are not shown."""

    kind = fields.String(required=True)
    rows = fields.List(fields.Dict(keys=fields.String()), required=True)
    left_out = fields.Integer(required=True)


class PersonalDataSchema(Schema):
    """All that a service keeps of one person; ``withheld`` kinds are for that person alone."""

    service = fields.String(required=True)
    person_id = fields.UUID(required=True)
    taken_at = fields.DateTime(required=True)
    parts = fields.List(fields.Nested(PersonalPartSchema), required=True)
    withheld = fields.List(fields.String(), required=True)


def personal_data(service: str, held: Sequence[Held]) -> Blueprint:
    """Make the route of what a service keeps of people."""
    routes = Blueprint(
        "personal_data",
        __name__,
        url_prefix=f"/api/v1/personal-data/{service}",
        description="What is kept of one person",
    )

    @routes.get("/<uuid:person_id>")
    @routes.response(200, PersonalDataSchema)
    @routes.problems(SignInTooOld)
    @require(f"{service}.personal-data:read")
    def show(person_id: UUID) -> Any:
        """Show all that this service keeps of a person. Somebody unknown has nothing here.

        It takes a sign-in of the last quarter of an hour: a browser left open must not give a
        whole person away.
        """
        with reading() as work:
            work.principal.permit(person=person_id)
            work.principal.require_recent_sign_in(at=work.now)
            found = collect(work.session, held, person_id, work.principal)
            if work.principal.id != person_id:
                # Who looked at whose data can be asked for, too.
                log.info(
                    "personal data read on behalf of a person",
                    service=service,
                    person_id=str(person_id),
                    by=str(work.principal.id),
                )
            return {
                "service": service,
                "person_id": person_id,
                "taken_at": work.now,
                **found,
            }

    return routes
