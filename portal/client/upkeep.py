"""What the directory answers about keeping its records true: confirming, calling, merging."""

from typing import Any

from portal.client.transport import Resource, Resources

Version = str | int | None


class Upkeep(Resources):
    """The part of the directory that keeps it true."""

    def confirm(self, association_id: str, version: Version = None) -> Resource:
        """Say that a record is right."""
        return self._write(
            "POST",
            "/associations/{association_id}/confirmation",
            None,
            version,
            {"association_id": association_id},
        )

    def delegate(self, association_id: str, *, centre_may_edit: bool, version: Version) -> Resource:
        """Say whether the volunteer centre may keep a record."""
        return self._put(
            "/associations/{association_id}/delegation",
            {"centre_may_edit": centre_may_edit},
            association_id=association_id,
            version=version,
        )

    def changes(self, association_id: str, cursor: str | None = None) -> Resource:
        """One page of what was done to a record, newest first."""
        return self._get(
            "/associations/{association_id}/changes", association_id=association_id, cursor=cursor
        )

    def duplicates(self, association_id: str) -> list[Resource]:
        """Associations that may be the same one."""
        found: list[Resource] = self._get(
            "/associations/{association_id}/duplicates", association_id=association_id
        )["items"]
        return found

    def merge(self, association_id: str, body: Resource) -> Resource:
        """Let another association go on for this one."""
        return self._post(
            "/associations/{association_id}/merger", body, association_id=association_id
        )

    def reopen(self, association_id: str) -> Resource:
        """Take an association into the vejviser again."""
        return self._post("/associations/{association_id}/reopening", association_id=association_id)

    def open_link(self, token: str) -> Resource:
        """The public record that the secret of a yearly mail is for; changes nothing."""
        return self._post("/confirmation-links/opening", {"token": token})

    def confirm_by_link(self, token: str) -> Resource:
        """Say that a record is right, with the secret of a mail."""
        return self._post("/confirmation-links/confirmation", {"token": token})

    def describe_by_link(self, body: Resource, version: Version) -> Resource:
        """Put a description right, with the secret of a mail."""
        return self._write("POST", "/confirmation-links/description", body, version, {})

    def call_list(self) -> list[Resource]:
        """Every association that somebody must phone."""
        return self._all("/call-list")

    def calls(self, association_id: str) -> list[Resource]:
        """What came of phone calls to an association."""
        return self._all("/calls", association_id=association_id)

    def record_call(self, call_id: str, body: Resource) -> Resource:
        """Keep what came of a phone call."""
        return self._put("/calls/{call_id}", body, call_id=call_id)

    def agreements(self) -> list[Resource]:
        """The agreements with the volunteer centre, the latest first."""
        return self._all("/editing-agreements")

    def put_agreement(self, agreement_id: str, body: Resource, version: Version) -> Resource:
        """Agree with the volunteer centre, or change what was agreed."""
        return self._put(
            "/editing-agreements/{agreement_id}", body, agreement_id=agreement_id, version=version
        )

    def figures(self) -> dict[str, Any]:
        """How complete and how fresh the vejviser is."""
        return self._get("/vejviser-figures")
