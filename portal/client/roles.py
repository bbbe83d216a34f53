"""What the directory answers about people's roles: invitations, and associations in new hands."""

from portal.client.transport import Resource, Resources

Version = str | int | None


class Roles(Resources):
    """The part of the directory that says who may do what for an association."""

    def memberships(self, association_id: str) -> list[Resource]:
        """Who has a role in an association."""
        return self._all("/memberships", association_id=association_id)

    def membership(self, membership_id: str) -> Resource:
        """One role."""
        return self._get("/memberships/{membership_id}", membership_id=membership_id)

    def put_membership(
        self, membership_id: str, body: Resource, version: Version = None
    ) -> Resource:
        """Give or change a role."""
        return self._put(
            "/memberships/{membership_id}", body, membership_id=membership_id, version=version
        )

    def end_membership(self, membership_id: str) -> None:
        """End a role."""
        self._delete("/memberships/{membership_id}", membership_id=membership_id)

    def invitations(self, association_id: str) -> list[Resource]:
        """Whom an association has asked to take a role, the latest first."""
        return self._all("/invitations", association_id=association_id)

    def invite(self, invitation_id: str, body: Resource) -> Resource:
        """Ask somebody to take a role; the form makes the id."""
        return self._put("/invitations/{invitation_id}", body, invitation_id=invitation_id)

    def mail_invitation(self, invitation_id: str) -> Resource:
        """Mail an invitation's link once more."""
        return self._post("/invitations/{invitation_id}/mailing", invitation_id=invitation_id)

    def withdraw_invitation(self, invitation_id: str) -> Resource:
        """Take an invitation back."""
        return self._post("/invitations/{invitation_id}/withdrawal", invitation_id=invitation_id)

    def open_invitation(self, token: str) -> Resource:
        """What the secret of an invitation asks; changes nothing."""
        return self._post("/invitation-links/opening", {"token": token})

    def accept_invitation(self, token: str) -> Resource:
        """Take the role, with the secret of the mail."""
        return self._post("/invitation-links/acceptance", {"token": token})

    def decline_invitation(self, token: str) -> Resource:
        """Say no, with the secret of the mail."""
        return self._post("/invitation-links/refusal", {"token": token})

    def hand_over(self, association_id: str, body: Resource, version: Version) -> Resource:
        """Give an association to a new administrator, on proof."""
        return self._write(
            "POST",
            "/associations/{association_id}/handover",
            body,
            version,
            {"association_id": association_id},
        )
