"""What the directory answers of rooms, and of those that were looked for in vain."""

from urllib.parse import quote

from portal.client.published import Published
from portal.client.transport import Download, Resource

_PICTURE = "/rooms/{room_id}/pictures/{picture_id}"


class Rooms(Published):
    """Rooms that associations can use."""

    place = "/rooms"

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
