"""What the directory answers of what there is to read: documents and news."""

from typing import Any
from urllib.parse import quote

from portal.client.transport import Download, Page, Resource, Resources

Version = str | int | None


class Documents(Resources):
    """Documents of the municipality and the council, with their editions."""

    def page(self, **filters: Any) -> Page:
        """One page of documents, or of those that hold some words."""
        return self._page("/documents", **filters)

    def everything(self, **filters: Any) -> list[Resource]:
        """Every document that matches, by title."""
        return self._all("/documents", per_page=100, **filters)

    def document(self, document_id: str) -> Resource:
        """One document."""
        return self._get("/documents/{document_id}", document_id=document_id)

    def put(self, document_id: str, body: Resource, version: Version = None) -> Resource:
        """Describe a document; its id is made by the form. A new one is a draft."""
        return self._put("/documents/{document_id}", body, document_id=document_id, version=version)

    def upload(
        self,
        document_id: str,
        edition_id: str,
        *,
        name: str,
        media_type: str,
        content: bytes,
        dated_on: str,
        note: str,
    ) -> Resource:
        """Upload the file of the next edition."""
        return self._upload(
            "/documents/{document_id}/editions/{edition_id}",
            content,
            {"Content-Type": media_type, "X-File-Name": quote(name, safe="")},
            document_id=document_id,
            edition_id=edition_id,
            dated_on=dated_on,
            note=note,
        )

    def file(self, document_id: str, edition_id: str) -> Download:
        """Read the file of an edition."""
        return self._download(
            "/documents/{document_id}/editions/{edition_id}/file",
            document_id=document_id,
            edition_id=edition_id,
        )

    def publish(self, document_id: str) -> Resource:
        """Let everybody read a document in its newest edition."""
        return self._post("/documents/{document_id}/publication", document_id=document_id)

    def withdraw(self, document_id: str) -> Resource:
        """Take a document out of what everybody can read."""
        return self._post("/documents/{document_id}/withdrawal", document_id=document_id)

    def delete(self, document_id: str) -> None:
        """Delete a draft."""
        self._delete("/documents/{document_id}", document_id=document_id)


class News(Resources):
    """News of the municipality."""

    def page(self, **filters: Any) -> Page:
        """One page of news, the newest first."""
        return self._page("/news-items", **filters)

    def everything(self, **filters: Any) -> list[Resource]:
        """All news that match, the newest first."""
        return self._all("/news-items", **filters)

    def item(self, news_item_id: str) -> Resource:
        """One piece of news."""
        return self._get("/news-items/{news_item_id}", news_item_id=news_item_id)

    def put(self, news_item_id: str, body: Resource, version: Version = None) -> Resource:
        """Write a piece of news; its id is made by the form. A new one is a draft."""
        return self._put(
            "/news-items/{news_item_id}", body, news_item_id=news_item_id, version=version
        )

    def publish(self, news_item_id: str, publish_at: str | None) -> Resource:
        """Let everybody read it, now or at an hour ahead."""
        return self._post(
            "/news-items/{news_item_id}/publication",
            {"publish_at": publish_at},
            news_item_id=news_item_id,
        )

    def withdraw(self, news_item_id: str) -> Resource:
        """Take it back: from everybody, or from the hour it waits for."""
        return self._post("/news-items/{news_item_id}/withdrawal", news_item_id=news_item_id)

    def delete(self, news_item_id: str) -> None:
        """Delete a draft."""
        self._delete("/news-items/{news_item_id}", news_item_id=news_item_id)
