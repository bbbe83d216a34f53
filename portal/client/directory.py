"""What the directory answers: associations, people, offices, sign-in."""

from typing import Any
from urllib.parse import quote

from portal.client.competences import Competences
from portal.client.contact_pairs import ContactPairs
from portal.client.matching import Matching
from portal.client.papers import Papers
from portal.client.roles import Roles
from portal.client.transport import Download, Page, Resource
from portal.client.upkeep import Upkeep

Version = str | int | None


class Directory(Upkeep, Roles, ContactPairs, Competences, Papers, Matching):
    """The register of who is who."""

    def vocabulary(self) -> Resource:
        """The words of the vejviser, the municipality and its contact person."""
        return self._get("/vocabulary")

    def associations(self, **filters: Any) -> Page:
        """One page of the vejviser, with counts and a better spelling where there is one."""
        return self._page("/associations", **filters)

    def all_associations(self, **filters: Any) -> list[Resource]:
        """Every association that matches."""
        return self._all("/associations", **filters)

    def association(self, association_id: str) -> Resource:
        """One association."""
        return self._get("/associations/{association_id}", association_id=association_id)

    def register(self, association_id: str, body: Resource) -> Resource:
        """Register an association; its id is made by the form."""
        return self._put("/associations/{association_id}", body, association_id=association_id)

    def update_association(self, association_id: str, body: Resource, version: Version) -> Resource:
        """Change what an association says of itself."""
        return self._patch(
            "/associations/{association_id}", body, association_id=association_id, version=version
        )

    def approve(self, association_id: str) -> Resource:
        """Publish a registered association."""
        return self._post("/associations/{association_id}/approval", association_id=association_id)

    def reject(self, association_id: str, reason: str) -> Resource:
        """Refuse a registration."""
        return self._post(
            "/associations/{association_id}/rejection",
            {"reason": reason},
            association_id=association_id,
        )

    def close(self, association_id: str, reason: str) -> Resource:
        """Close an association."""
        return self._post(
            "/associations/{association_id}/closure",
            {"reason": reason},
            association_id=association_id,
        )

    def note(self, association_id: str) -> Resource:
        """What the municipality adds about an association, apart from its own words."""
        return self._get(
            "/associations/{association_id}/municipal-note", association_id=association_id
        )

    def put_note(self, association_id: str, text: str, version: Version) -> Resource:
        """Write the municipality's note on an association."""
        return self._put(
            "/associations/{association_id}/municipal-note",
            {"text": text},
            association_id=association_id,
            version=version,
        )

    def person(self, person_id: str) -> Resource:
        """One person's contact details."""
        return self._get("/people/{person_id}", person_id=person_id)

    def update_person(self, person_id: str, body: Resource, version: Version) -> Resource:
        """Change one's own name, address or language."""
        return self._patch("/people/{person_id}", body, person_id=person_id, version=version)

    def address_suggestions(self, q: str) -> Resource:
        """What an address that is being typed may become."""
        return self._get("/address-suggestions", q=q)

    def offices(self, **filters: Any) -> list[Resource]:
        """Who holds which office."""
        return self._all("/offices", **filters)

    def office(self, office_id: str) -> Resource:
        """One office."""
        return self._get("/offices/{office_id}", office_id=office_id)

    def put_office(self, office_id: str, body: Resource, version: Version = None) -> Resource:
        """Appoint somebody to an office, or change the appointment."""
        return self._put("/offices/{office_id}", body, office_id=office_id, version=version)

    def end_office(self, office_id: str) -> Resource:
        """End an office today."""
        return self._post("/offices/{office_id}/end", {}, office_id=office_id)

    def contact_office(self) -> Resource:
        """Who the contact person is, who stands in, and whether the office is vacant."""
        return self._get("/contact-office")

    def sign_in_methods(self) -> Resource:
        """How one can sign in here."""
        return self._get("/sign-in-methods")

    def begin_flow(self, browser: str) -> Resource:
        """Begin a visit to the identity provider; the answer says where the browser goes."""
        return self._post("/sign-in-flows", {"browser": browser})

    def request_link(self, email: str, browser: str) -> Resource:
        """Have a sign-in link mailed, if the address is known; the answer does not tell."""
        return self._post("/sign-in-links", {"email": email, "browser": browser})

    def sign_in(self, body: Resource) -> Resource:
        """Sign in with the token or the code of a mailed link, or after a visit to MitID."""
        return self._post("/sessions", body)

    def renew(self, session_id: str, refresh_token: str) -> Resource:
        """Swap the refresh token for a new pair."""
        return self._post(
            "/sessions/{session_id}/renewal",
            {"refresh_token": refresh_token},
            session_id=session_id,
        )

    def sign_out(self, session_id: str) -> None:
        """End a session."""
        self._delete("/sessions/{session_id}", session_id=session_id)

    def sessions(self) -> list[Resource]:
        """One's own sessions."""
        return self._all("/sessions")

    def me(self) -> Resource:
        """Oneself: roles, associations, offices."""
        return self._get("/me")

    def own_data(self, association_id: str, ending: str) -> Download:
        """All that is kept of an association; ``ending`` is "" (JSON) or ".csv"."""
        template = f"/associations/{{association_id}}/export{ending}"
        return self._download(template, association_id=association_id)

    def export(self, name: str, **part: Any) -> Download:
        """The public vejviser as a file, or a part of it."""
        return self._download("/exports/{name}", name=name, **part)

    # --- bringing associations in

    def imports(self) -> list[Resource]:
        """The imports there are, the newest first."""
        return self._page("/imports", limit=50)["items"]

    def import_(self, import_id: str) -> Resource:
        """An import and how far it is."""
        return self._get("/imports/{import_id}", import_id=import_id)

    def upload_import(self, import_id: str, *, name: str, content: bytes) -> Resource:
        """Upload a file of associations."""
        headers = {"Content-Type": "application/octet-stream", "X-File-Name": quote(name, safe="")}
        return self._upload("/imports/{import_id}", content, headers, import_id=import_id)

    def choose_header(self, import_id: str, row: int) -> Resource:
        """Say which row of a file names its columns."""
        body = {"header_row": row}
        return self._put("/imports/{import_id}/header", body, import_id=import_id)

    def map_import(self, import_id: str, body: Resource) -> Resource:
        """Say what the columns hold, and have the rows checked."""
        return self._put("/imports/{import_id}/mapping", body, import_id=import_id)

    def start_import(self, import_id: str) -> Resource:
        """Bring the rows in, or go on with it."""
        return self._post("/imports/{import_id}/start", import_id=import_id)

    def stop_import(self, import_id: str) -> Resource:
        """Stop bringing in."""
        return self._post("/imports/{import_id}/stop", import_id=import_id)

    def drop_import(self, import_id: str) -> None:
        """Drop an import and its report."""
        self._delete("/imports/{import_id}", import_id=import_id)

    def import_rows(self, import_id: str, **filters: Any) -> Page:
        """One page of the report, row by row."""
        return self._page("/imports/{import_id}/rows", import_id=import_id, **filters)

    def all_import_rows(self, import_id: str) -> list[Resource]:
        """The whole report."""
        return self._all("/imports/{import_id}/rows", per_page=1000, import_id=import_id)

    def answer_row(self, import_id: str, row_id: str, body: Resource) -> Resource:
        """Say what a doubtful row is."""
        return self._put(
            "/imports/{import_id}/rows/{row_id}/answer", body, import_id=import_id, row_id=row_id
        )

    def introduce_import(self, import_id: str) -> Resource:
        """Have the contacts of what was brought in told so."""
        return self._post("/imports/{import_id}/introductions", import_id=import_id)
