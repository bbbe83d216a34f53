"""What the grants service answers: rounds, applications, recommendation, decisions, awards."""

from typing import Any
from urllib.parse import quote

from portal.client.transport import Download, Resource, Resources

Version = str | int | None


class Grants(Resources):
    """Money and decisions."""

    def programmes(self) -> list[Resource]:
        """The grant programmes."""
        return self._all("/programmes")

    def rounds(self, **filters: Any) -> list[Resource]:
        """The rounds one may see."""
        return self._all("/rounds", **filters)

    def round(self, round_id: str) -> Resource:
        """One round."""
        return self._get("/rounds/{round_id}", round_id=round_id)

    def put_round(self, round_id: str, body: Resource, version: Version = None) -> Resource:
        """Prepare or change a round while it is a draft."""
        return self._put("/rounds/{round_id}", body, round_id=round_id, version=version)

    def delete_round(self, round_id: str) -> None:
        """Drop a draft."""
        self._delete("/rounds/{round_id}", round_id=round_id)

    def announce_round(self, round_id: str) -> Resource:
        """Make a round public and tell the associations."""
        return self._post("/rounds/{round_id}/announcement", round_id=round_id)

    def finalise_round(self, round_id: str) -> Resource:
        """Make the decisions final and send the letters."""
        return self._post("/rounds/{round_id}/decision", round_id=round_id)

    def applications(self, **filters: Any) -> list[Resource]:
        """The applications one may see."""
        return self._all("/applications", **filters)

    def application(self, application_id: str) -> Resource:
        """One application with its file."""
        return self._get("/applications/{application_id}", application_id=application_id)

    def put_application(
        self, application_id: str, body: Resource, version: Version = None
    ) -> Resource:
        """Save a draft; its id is made by the form."""
        return self._put(
            "/applications/{application_id}", body, application_id=application_id, version=version
        )

    def delete_application(self, application_id: str) -> None:
        """Drop a draft."""
        self._delete("/applications/{application_id}", application_id=application_id)

    def submit_application(self, application_id: str) -> Resource:
        """Hand in."""
        return self._post(
            "/applications/{application_id}/submission", application_id=application_id
        )

    def withdraw_application(self, application_id: str) -> Resource:
        """Withdraw."""
        return self._post(
            "/applications/{application_id}/withdrawal", application_id=application_id
        )

    def put_attachment(
        self,
        application_id: str,
        attachment_id: str,
        *,
        name: str,
        media_type: str,
        content: bytes,
        kind: str | None = None,
    ) -> Resource:
        """Attach a file to a draft; ``kind`` says which of the papers asked for it is."""
        return self._upload(
            "/applications/{application_id}/attachments/{attachment_id}",
            content,
            {"Content-Type": media_type, "X-File-Name": quote(name, safe="")},
            application_id=application_id,
            attachment_id=attachment_id,
            kind=kind,
        )

    def attachment(self, application_id: str, attachment_id: str) -> Download:
        """Read an attached file."""
        return self._download(
            "/applications/{application_id}/attachments/{attachment_id}",
            application_id=application_id,
            attachment_id=attachment_id,
        )

    def delete_attachment(self, application_id: str, attachment_id: str) -> None:
        """Take a file off a draft."""
        self._delete(
            "/applications/{application_id}/attachments/{attachment_id}",
            application_id=application_id,
            attachment_id=attachment_id,
        )

    def declare_conflict(self, application_id: str, ground: str) -> Resource:
        """Declare one's own conflict of interest (forvaltningsloven § 6)."""
        return self._post(
            "/applications/{application_id}/conflicts",
            {"ground": ground},
            application_id=application_id,
        )

    def rule_on_conflict(self, application_id: str, person_id: str, body: Resource) -> Resource:
        """Rule whether somebody takes part in a case after all (forvaltningsloven § 6)."""
        return self._post(
            "/applications/{application_id}/conflicts/{person_id}/ruling",
            body,
            application_id=application_id,
            person_id=person_id,
        )

    def assessments(self, **filters: Any) -> list[Resource]:
        """Assessments: one's own, the others' once one's own is handed in."""
        return self._all("/assessments", **filters)

    def put_assessment(
        self, assessment_id: str, body: Resource, version: Version = None
    ) -> Resource:
        """Save one's assessment."""
        return self._put(
            "/assessments/{assessment_id}", body, assessment_id=assessment_id, version=version
        )

    def submit_assessment(self, assessment_id: str) -> Resource:
        """Hand in one's assessment."""
        return self._post("/assessments/{assessment_id}/submission", assessment_id=assessment_id)

    def recommendations(self, round_id: str) -> list[Resource]:
        """The council's recommendation of a round: none or one."""
        return self._all("/recommendations", round_id=round_id)

    def put_recommendation(
        self, recommendation_id: str, body: Resource, version: Version = None
    ) -> Resource:
        """Begin the recommendation of a round, or change its comment."""
        return self._put(
            "/recommendations/{recommendation_id}",
            body,
            recommendation_id=recommendation_id,
            version=version,
        )

    def put_line(self, recommendation_id: str, application_id: str, body: Resource) -> Resource:
        """Set the amount and reason of one application."""
        return self._put(
            "/recommendations/{recommendation_id}/lines/{application_id}",
            body,
            recommendation_id=recommendation_id,
            application_id=application_id,
        )

    def vote(self, recommendation_id: str, application_id: str, vote: str) -> Resource:
        """Vote for, against or abstain on one line."""
        return self._put(
            "/recommendations/{recommendation_id}/votes/{application_id}",
            {"vote": vote},
            recommendation_id=recommendation_id,
            application_id=application_id,
        )

    def submit_recommendation(self, recommendation_id: str) -> Resource:
        """Forward the recommendation to the committee."""
        return self._post(
            "/recommendations/{recommendation_id}/submission", recommendation_id=recommendation_id
        )

    def decisions(self, **filters: Any) -> list[Resource]:
        """Decisions one may see."""
        return self._all("/decisions", **filters)

    def put_decision(self, decision_id: str, body: Resource, version: Version = None) -> Resource:
        """Decide one application, under the frame."""
        return self._put("/decisions/{decision_id}", body, decision_id=decision_id, version=version)

    def write_reasons(self, decision_id: str, body: Resource, version: Version = None) -> Resource:
        """Write the reasons of a decision without changing its amount."""
        return self._patch(
            "/decisions/{decision_id}", body, decision_id=decision_id, version=version
        )

    def awards(self, round_id: str | None = None) -> Resource:
        """The public register of awards with its totals."""
        return self._get("/awards", round_id=round_id, limit=200)
