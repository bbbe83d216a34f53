"""News: read by everybody, followed in a feed, written by staff (V12, V30)."""

import uuid
from typing import Final

from flask import Blueprint, Response, abort, request, url_for

from portal import feeds, forms, labels, published
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import N_, language
from portal.i18n import gettext as _
from portal.web import (
    Answer,
    client,
    for_offices,
    municipality,
    notify,
    page,
    public_address,
    see_other,
    viewer,
)

views = Blueprint("news", __name__)

STAFF: Final = ("coordinator", "caseworker")
_LABELS: Final = {
    "title": N_("Overskrift"),
    "summary": N_("Kort fortalt"),
    "text": N_("Tekst"),
    "link": N_("Link til mere"),
}


@views.get("/nyheder")
def all_news() -> Answer:
    """News, the newest first, of one topic or all."""
    topic = request.args.get("emne", "")
    topic = topic if topic in labels.NEWS_TOPIC else ""
    waiting = client().news.hidden() if viewer().has(*STAFF) else []
    found = published.found(client().news, topic=topic or None)
    return page("news.html", found=found, waiting=waiting, topic=topic)


@views.get("/nyheder/<uuid:news_item_id>")
def show(news_item_id: uuid.UUID) -> Answer:
    """One piece of news."""
    return _page(str(news_item_id), Form())


@views.get("/nyheder/feed.atom")
def feed() -> Answer:
    """Follow all news in a reader of feeds."""
    return _feed(None)


@views.get("/nyheder/emner/<topic>/feed.atom")
def feed_of(topic: str) -> Answer:
    """Follow the news of one topic."""
    if topic not in labels.NEWS_TOPIC:
        abort(404)
    return _feed(topic)


# --- staff ---------------------------------------------------------------------------------------


@views.get("/nyheder/ny")
@for_offices(*STAFF)
def new() -> Answer:
    """The form for another piece of news."""
    return page("news_edit.html", form=Form.new(), item=None)


@views.post("/nyheder/ny")
@for_offices(*STAFF)
def create() -> Answer:
    """Write a piece of news: a draft, until it is published on its own page."""
    form = Form.sent()
    return _save(form, form.identifier(), None)


@views.get("/nyheder/<uuid:news_item_id>/rediger")
@for_offices(*STAFF)
def edit(news_item_id: uuid.UUID) -> Answer:
    """The form for a piece of news that is there."""
    item = client().news.one(str(news_item_id))
    values = {key: item[key] or "" for key in ("topic", "title", "summary", "text", "link")}
    return page("news_edit.html", form=Form({**values, "version": item["version"]}), item=item)


@views.post("/nyheder/<uuid:news_item_id>/rediger")
@for_offices(*STAFF)
def save(news_item_id: uuid.UUID) -> Answer:
    """Save it; a change by somebody else meanwhile is shown, not overwritten."""
    return _save(Form.sent(), str(news_item_id), client().news.one(str(news_item_id)))


@views.post("/nyheder/<uuid:news_item_id>/offentliggoer")
@for_offices(*STAFF)
def publish(news_item_id: uuid.UUID) -> Answer:
    """Publish it now or, where an hour is given, then."""
    form, key = Form.sent(), str(news_item_id)
    at = form.moment("publish_at") if form.value("publish_at").strip() else None
    if form.is_valid:
        try:
            item = client().news.publish(key, at)
        except GatewayProblem as problem:
            form.take(problem)
        else:
            done = _("Nyheden er offentlig, og de, der abonnerer, får besked.")
            if item["status"] == "scheduled":
                done = _("Nyheden kommer ud af sig selv, når tiden kommer.")
            notify("success", done)
            return see_other("news.show", news_item_id=news_item_id)
    return _page(key, form, 422)


@views.post("/nyheder/<uuid:news_item_id>/<any('traek-tilbage','slet'):step>")
@for_offices(*STAFF)
def move_on(news_item_id: uuid.UUID, step: str) -> Answer:
    """Take a piece of news back, or delete a draft."""
    gone = published.move_on(
        client().news,
        str(news_item_id),
        step,
        withdrawn=_("Nyheden er trukket tilbage. I kan offentliggøre den igen."),
    )
    return see_other("news.all_news") if gone else see_other("news.show", news_item_id=news_item_id)


def more(item: Resource) -> str:
    """Where there is more about a piece of news: a page of ours, an address, or nothing."""
    about = str(item["about_id"])
    match item["about_kind"]:
        case "round":
            return url_for("rounds.show", round_id=about)
        case "awards":
            return url_for("rounds.awards_of", round_id=about)
        case "funding":
            return url_for("funding.show", opportunity_id=about)
        case "room":
            return url_for("rooms.show", room_id=about)
        case "hearing":
            return url_for("hearings.show", hearing_id=about)
    return str(item["link"] or "")


def _page(news_item_id: str, form: Form, status: int = 200) -> Answer:
    item = client().news.one(news_item_id)
    if form.is_valid:
        forms.fill_moment(form.values, "publish_at", item["publish_at"])
    return page(
        "news_item.html",
        status,
        item=item,
        more=more(item),
        form=form,
        may_write=viewer().has(*STAFF),
        address=public_address("news.show", news_item_id=news_item_id),
    )


def _feed(topic: str | None) -> Answer:
    found = client().news.page(topic=topic, limit=feeds.MOST_ENTRIES)
    name = municipality().name
    here = public_address("news.feed_of", topic=topic) if topic else public_address("news.feed")
    title = _("Nyheder fra %(name)s", name=name)
    entries = [
        feeds.Entry(
            id=f"urn:uuid:{each['id']}",
            title=each["title"],
            summary=each["summary"],
            link=public_address("news.show", news_item_id=each["id"]),
            published=each["published_at"],
            updated=each["changed_at"],
            category=labels.label("news_topic", each["topic"]),
        )
        for each in found["items"]
    ]
    return Response(
        feeds.atom(
            title=f"{title}: {labels.label('news_topic', topic)}" if topic else title,
            address=here,
            page=public_address("news.all_news", **({"emne": topic} if topic else {})),
            author=name,
            language=language(),
            entries=entries,
        ),
        mimetype=feeds.MEDIA_TYPE,
    )


def _save(form: Form, news_item_id: str, before: Resource | None) -> Answer:
    body = {
        "topic": form.choice("topic", list(labels.NEWS_TOPIC)),
        "title": form.line("title"),
        "summary": form.text("summary", longest=600),
        "text": form.text("text", required=False) or "",
        "link": form.line("link", required=False, longest=500),
    }
    if published.save(form, client().news, news_item_id, body, before=before, labels=_LABELS):
        notify("success", _("Nyheden er gemt."))
        return see_other("news.show", news_item_id=news_item_id)
    return page("news_edit.html", 422, form=form, item=before)
