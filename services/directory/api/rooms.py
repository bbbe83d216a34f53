"""Routes of rooms, their pictures, and what was looked for in vain."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import flask

from chassis import files
from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale, TooMany
from chassis.web import Blueprint, if_match, page_of, principal, reading, received, unit_of_work
from services.directory import schemas
from services.directory.api.answers import client, written
from services.directory.commands import publication
from services.directory.commands import rooms as commands
from services.directory.model import Room, today
from services.directory.model.problems import IdTaken, TooManyPictures, WrongState
from services.directory.queries import rooms as queries

rooms = Blueprint(
    "rooms",
    __name__,
    url_prefix="/api/v1/rooms",
    description="Rooms that associations can use, the Frivillighus among them (V25)",
)
unmet_needs = Blueprint(
    "unmet-room-needs",
    __name__,
    url_prefix="/api/v1/unmet-room-needs",
    description="Rooms that were looked for in vain, counted without anybody's name (V25)",
)


@rooms.get("")
@rooms.arguments(schemas.RoomArgumentsSchema, location="query")
@rooms.response(200, page_of(schemas.RoomSchema))
@rooms.problems(Invalid)
@require("directory.room:read")
def list_rooms(arguments: dict[str, Any]) -> Any:
    """List the rooms that have all that is needed, the smallest that fits first."""
    with reading() as work:
        return queries.rooms(work.session, principal(), **arguments)


@rooms.get("/<uuid:room_id>")
@rooms.response(200, schemas.RoomSchema)
@rooms.problems(NotFound)
@require("directory.room:read")
def get_room(room_id: UUID) -> Any:
    """Show a room."""
    return _shown(room_id)


@rooms.put("/<uuid:room_id>")
@rooms.arguments(schemas.RoomBodySchema)
@rooms.response(200, schemas.RoomSchema)
@rooms.alt_response(201, schema=schemas.RoomSchema, description="Drafted", success=True)
@rooms.problems(Invalid, Stale)
@require("directory.room:write")
def put_room(body: dict[str, Any], room_id: UUID) -> Any:
    """Describe a room. Its id is made by the client; a new one is a draft."""
    with unit_of_work() as work:
        _, new = commands.put_room(work, room_id, version=if_match(), **body)
    return written(_shown(room_id), new=new)


@rooms.delete("/<uuid:room_id>")
@rooms.response(204)
@rooms.problems(NotFound, Stale, WrongState)
@require("directory.room:write")
def delete_room(room_id: UUID) -> None:
    """Delete a draft."""
    with unit_of_work() as work:
        publication.delete_draft(work, Room, room_id, version=if_match())


@rooms.post("/<uuid:room_id>/publication")
@rooms.response(200, schemas.RoomSchema)
@rooms.problems(NotFound, Stale)
@require("directory.room:write")
def publish_room(room_id: UUID) -> Any:
    """Let everybody find a room."""
    with unit_of_work() as work:
        commands.publish_room(work, room_id, version=if_match())
    return _shown(room_id)


@rooms.post("/<uuid:room_id>/withdrawal")
@rooms.response(200, schemas.RoomSchema)
@rooms.problems(NotFound, Stale, WrongState)
@require("directory.room:write")
def withdraw_room(room_id: UUID) -> Any:
    """Take a room out of what can be found."""
    with unit_of_work() as work:
        publication.withdraw(work, Room, room_id, version=if_match())
    return _shown(room_id)


@rooms.put("/<uuid:room_id>/pictures/<uuid:picture_id>")
@rooms.arguments(schemas.PictureArgumentsSchema, location="query")
@rooms.response(200, schemas.RoomSchema)
@rooms.alt_response(201, schema=schemas.RoomSchema, description="Added", success=True)
@rooms.problems(*files.REFUSALS, NotFound, IdTaken, TooManyPictures)
@require("directory.room:write")
def put_picture(arguments: dict[str, Any], room_id: UUID, picture_id: UUID) -> Any:
    """Add a picture: its bytes are the body, its name is in the header X-File-Name.

    It is drawn anew, without what the camera wrote into it.
    """
    upload = received()
    with unit_of_work() as work:
        new = commands.put_picture(
            work,
            room_id,
            picture_id,
            upload=upload,
            **arguments,
        )
    return written(_shown(room_id), new=new)


@rooms.get("/<uuid:room_id>/pictures/<uuid:picture_id>")
@rooms.response(200, content_type="image/jpeg")
@rooms.problems(NotFound)
@require("directory.room:read")
def get_picture(room_id: UUID, picture_id: UUID) -> Any:
    """Hand out a picture."""
    with reading() as work:
        found = queries.picture(work.session, principal(), room_id, picture_id)
        answer = flask.Response(found.content, mimetype=found.media_type)
        answer.headers.update(files.download_headers(name=found.name, sha256=found.sha256))
        return answer


@rooms.delete("/<uuid:room_id>/pictures/<uuid:picture_id>")
@rooms.response(204)
@rooms.problems(NotFound)
@require("directory.room:write")
def delete_picture(room_id: UUID, picture_id: UUID) -> None:
    """Take a picture away."""
    with unit_of_work() as work:
        commands.delete_picture(work, room_id, picture_id)


@unmet_needs.post("")
@unmet_needs.arguments(schemas.UnmetRoomNeedBodySchema)
@unmet_needs.response(204)
@unmet_needs.problems(Invalid, TooMany)
@require("directory.unmet-room-need:report")
def report_unmet_need(body: dict[str, Any]) -> None:
    """Say that no room fitted. It is counted, and nothing is kept of who said so."""
    with unit_of_work() as work:
        commands.count_unmet_need(work, client=client(), **body)


@unmet_needs.get("")
@unmet_needs.arguments(schemas.UnmetRoomNeedArgumentsSchema, location="query")
@unmet_needs.response(200, schemas.UnmetRoomNeedsSchema)
@unmet_needs.problems(Invalid)
@require("directory.unmet-room-need:read")
def list_unmet_needs(arguments: dict[str, Any]) -> Any:
    """Count what was looked for in vain, by month, area and size."""
    with reading() as work:
        year_ago = (today(work.now) - timedelta(days=365)).replace(day=1)
        return queries.unmet_needs(work.session, since=arguments["since"] or year_ago)


def _shown(room_id: UUID) -> Any:
    with reading() as work:
        return queries.room(work.session, principal(), room_id)
