"""What the directory answers about contact pairs: a team and an association (N12)."""

from portal.client.transport import Resource, Resources

Version = str | int | None


class ContactPairs(Resources):
    """The part of the directory that links teams and associations."""

    def contact_pairs(self, association_id: str) -> list[Resource]:
        """The contact pairs of an association that the visitor may see."""
        return self._all("/contact-pairs", association_id=association_id)

    def contact_pair(self, pair_id: str) -> Resource:
        """One contact pair."""
        return self._get("/contact-pairs/{pair_id}", pair_id=pair_id)

    def put_contact_pair(self, pair_id: str, body: Resource, version: Version = None) -> Resource:
        """Link a team and an association, or change the municipality's part."""
        return self._put("/contact-pairs/{pair_id}", body, pair_id=pair_id, version=version)

    def answer_contact_pair(self, pair_id: str, body: Resource, version: Version) -> Resource:
        """Name the association's contact, and say whether everybody may see the pair."""
        return self._put(
            "/contact-pairs/{pair_id}/association-part", body, pair_id=pair_id, version=version
        )

    def end_contact_pair(self, pair_id: str) -> Resource:
        """End a contact pair today."""
        return self._post("/contact-pairs/{pair_id}/end", {}, pair_id=pair_id)
