"""What the directory answers of rooms, and of those that were looked for in vain."""

from typing import Any
from urllib.parse import quote

from portal.client.transport import Download, Page, Resource, Resources

Version = str | int | None
_ONE = "/rooms/{room_id}"
_PICTURE = "/rooms/{room_id}/pictures/{picture_id}"


class Rooms(Resources):
    """Rooms that associations can use."""

    def page(self, **filters: Any) -> Page:
        """One page of rooms that have all that is needed."""
        return self._page("/rooms", **filters)

    def everything(self, **filters: Any) -> list[Resource]:
        """Every room that matches."""
        return self._all("/rooms", **filters)

    def room(self, room_id: str) -> Resource:
        """One room."""
        return self._get(_ONE, room_id=room_id)

    def put(self, room_id: str, body: Resource, version: Version = None) -> Resource:
        """Describe a room; its id is made by the form. A new one is a draft."""
        return self._put(_ONE, body, room_id=room_id, version=version)

    def publish(self, room_id: str) -> Resource:
        """Let everybody find it."""
        return self._post(f"{_ONE}/publication", room_id=room_id)

    def withdraw(self, room_id: str) -> Resource:
        """Take it out of what can be found."""
        return self._post(f"{_ONE}/withdrawal", room_id=room_id)

    def delete(self, room_id: str) -> None:
        """Delete a draft."""
        self._delete(_ONE, room_id=room_id)

    def add_picture(
        self, room_id: str, picture_id: str, *, alt: str, name: str, media_type: str, content: bytes
    ) -> Resource:
        """Add a picture."""
        return self._upload(
            _PICTURE,
            content,
            {"Content-Type": media_type, "X-File-Name": quote(name, safe="")},
            room_id=room_id,
            picture_id=picture_id,
            alt=alt,
        )

    def picture(self, room_id: str, picture_id: str) -> Download:
        """Read a picture."""
        return self._download(_PICTURE, room_id=room_id, picture_id=picture_id)

    def delete_picture(self, room_id: str, picture_id: str) -> None:
        """Take a picture away."""
        self._delete(_PICTURE, room_id=room_id, picture_id=picture_id)

    def miss(self, area: str, persons: int) -> None:
        """Say that no room fitted; counted, and nothing is kept of who."""
        self._post("/unmet-room-needs", {"area": area, "persons": persons})

    def missed(self) -> Resource:
        """What was looked for in vain in the last year."""
        return self._get("/unmet-room-needs")
