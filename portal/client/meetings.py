"""What the meetings service answers: meetings, minutes, hearings, duties."""

from typing import Any

from portal.client.transport import Download, Resource, Resources

Version = str | int | None


class Meetings(Resources):
    """Talking together."""

    def meetings(self, **filters: Any) -> list[Resource]:
        """The meetings one may see."""
        return self._all("/meetings", **filters)

    def meeting(self, meeting_id: str) -> Resource:
        """One meeting."""
        return self._get("/meetings/{meeting_id}", meeting_id=meeting_id)

    def put_meeting(self, meeting_id: str, body: Resource, version: Version = None) -> Resource:
        """Prepare a meeting."""
        return self._put("/meetings/{meeting_id}", body, meeting_id=meeting_id, version=version)

    def change_meeting(self, meeting_id: str, body: Resource, version: Version) -> Resource:
        """Change a meeting that is called; those signed up are told."""
        return self._patch("/meetings/{meeting_id}", body, meeting_id=meeting_id, version=version)

    def delete_meeting(self, meeting_id: str) -> None:
        """Drop a draft."""
        self._delete("/meetings/{meeting_id}", meeting_id=meeting_id)

    def call_meeting(self, meeting_id: str) -> Resource:
        """Send the invitations."""
        return self._post("/meetings/{meeting_id}/calling", meeting_id=meeting_id)

    def cancel_meeting(self, meeting_id: str, reason: str) -> Resource:
        """Call a meeting off."""
        return self._post(
            "/meetings/{meeting_id}/cancellation", {"reason": reason}, meeting_id=meeting_id
        )

    def hold_meeting(self, meeting_id: str) -> Resource:
        """Note that a meeting has been held."""
        return self._post("/meetings/{meeting_id}/holding", meeting_id=meeting_id)

    def calendar(self, meeting_id: str) -> Download:
        """A meeting for one's own calendar."""
        return self._download("/meetings/{meeting_id}/calendar", meeting_id=meeting_id)

    def registrations(self, **filters: Any) -> list[Resource]:
        """Who has signed up, as far as one may see it."""
        return self._all("/registrations", **filters)

    def register(self, registration_id: str, body: Resource) -> Resource:
        """Sign up; the id is made by the form."""
        return self._put("/registrations/{registration_id}", body, registration_id=registration_id)

    def withdraw(self, registration_id: str) -> None:
        """Sign off."""
        self._delete("/registrations/{registration_id}", registration_id=registration_id)

    def minutes_of(self, meeting_id: str) -> Resource | None:
        """The minutes of a meeting, where there are any."""
        found = self._all("/minutes", meeting_id=meeting_id)
        return found[0] if found else None

    def put_minutes(self, minutes_id: str, body: Resource, version: Version = None) -> Resource:
        """Write the minutes."""
        return self._put("/minutes/{minutes_id}", body, minutes_id=minutes_id, version=version)

    def publish_minutes(self, minutes_id: str) -> Resource:
        """Publish the minutes."""
        return self._post("/minutes/{minutes_id}/publication", minutes_id=minutes_id)

    def hearings(self, **filters: Any) -> list[Resource]:
        """The hearings one may see."""
        return self._all("/hearings", **filters)

    def hearing(self, hearing_id: str) -> Resource:
        """One hearing."""
        return self._get("/hearings/{hearing_id}", hearing_id=hearing_id)

    def put_hearing(self, hearing_id: str, body: Resource, version: Version = None) -> Resource:
        """Prepare a hearing."""
        return self._put("/hearings/{hearing_id}", body, hearing_id=hearing_id, version=version)

    def delete_hearing(self, hearing_id: str) -> None:
        """Drop a draft."""
        self._delete("/hearings/{hearing_id}", hearing_id=hearing_id)

    def open_hearing(self, hearing_id: str) -> Resource:
        """Open a hearing and tell those it concerns."""
        return self._post("/hearings/{hearing_id}/opening", hearing_id=hearing_id)

    def conclude_hearing(self, hearing_id: str, conclusion: str) -> Resource:
        """Conclude a hearing whose responses are all answered."""
        return self._post(
            "/hearings/{hearing_id}/conclusion", {"conclusion": conclusion}, hearing_id=hearing_id
        )

    def responses(self, **filters: Any) -> list[Resource]:
        """Responses one may see."""
        return self._all("/responses", **filters)

    def put_response(self, response_id: str, body: Resource, version: Version = None) -> Resource:
        """Respond for an association, or for the council."""
        return self._put("/responses/{response_id}", body, response_id=response_id, version=version)

    def answer(self, response_id: str, outcome: str, text: str) -> Resource:
        """Answer a response."""
        return self._post(
            "/responses/{response_id}/answer",
            {"outcome": outcome, "text": text},
            response_id=response_id,
        )

    def duties(self, year: int) -> list[Resource]:
        """The account of a year's duties."""
        return self._all("/duties", year=year)
