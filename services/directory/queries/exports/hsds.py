"""The vejviser in the form of the Human Services Data Specification 3.0 (Open Referral).

An association, or a department of the municipality, is an ``organization``; what it offers is a
``service``; where, is a ``location``. HSDS knows no null: what is not known is left out. Ids that
the standard asks for and we do not have (of a telephone, an address) follow from ours, so they are
the same each time.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from chassis.problems import NotFound
from services.directory.model import Association, AssociationStatus, Offer, PublicationStatus
from services.directory.queries.exports.wording import parts_of, price_of
from services.directory.queries.vocabulary import vocabulary

VERSION: Final = "3.0"
PROFILE: Final = "https://docs.openreferral.org/en/3.0/"
# Sections of the municipality's profile whose words describe organizations and services.
TAXONOMIES: Final[Mapping[str, str]] = {"target_groups": "Målgrupper", "topics": "Emner"}
_FREQUENCIES: Final = ("WEEKLY", "MONTHLY")

Document = dict[str, Any]


class Hsds:
    """Writes what is published as HSDS objects; made anew for each request."""

    def __init__(self, session: Session, *, public_url: str) -> None:
        self._session, self._url = session, public_url.rstrip("/")
        self._words = vocabulary(session)

    # --- organizations

    def organizations(self, *, page: int, per_page: int, search: str, full: bool) -> Document:
        """Return a page of organizations: the departments that offer something come first."""
        departments = [] if search else self._departments()
        statement = select(Association).where(
            Association.status == AssociationStatus.PUBLISHED,
            *([Association.name.icontains(search, autoescape=True)] if search else []),
        )
        total = len(departments) + (self._count(statement) or 0)
        first = (page - 1) * per_page
        shown: list[Association | str] = [*departments[first : first + per_page]]
        offset = max(first - len(departments), 0)
        shown += self._session.scalars(
            statement.order_by(Association.name, Association.id)
            .offset(offset)
            .limit(per_page - len(shown))
        ).all()
        offers = self._offers_of(shown) if full else {}
        contents = [self._organization(each, offers.get(_key(each), ())) for each in shown]
        return _page(contents, total=total, page=page, per_page=per_page)

    def organization(self, id_: UUID) -> Document:
        """Return one organization with its services. Raises :class:`NotFound`."""
        found: Association | str | None = self._session.scalar(
            select(Association).where(
                Association.id == id_, Association.status == AssociationStatus.PUBLISHED
            )
        )
        if found is None:
            found = next(
                (each for each in self._departments() if _id("department", each) == id_), None
            )
        if found is None:
            raise NotFound(kind="organization")
        return self._organization(found, self._offers_of([found]).get(_key(found), ()))

    # --- services

    def services(
        self,
        *,
        page: int,
        per_page: int,
        search: str,
        organization_id: UUID | None,
        taxonomy_term_id: UUID | None,
        modified_after: datetime | None,
        minimal: bool,
    ) -> Document:
        """Return a page of services."""
        statement = select(Offer).where(Offer.status == PublicationStatus.PUBLISHED)
        if search:
            title = Offer.title.icontains(search, autoescape=True)
            statement = statement.where(
                or_(title, Offer.description.icontains(search, autoescape=True))
            )
        if organization_id is not None:
            department = self._department_of(organization_id)
            statement = statement.where(
                or_(Offer.association_id == organization_id, Offer.department == department)
                if department
                else Offer.association_id == organization_id
            )
        if taxonomy_term_id is not None:
            section, key = self._term_of(taxonomy_term_id)
            column = Offer.topics if section == "topics" else Offer.target_groups
            statement = statement.where(column.contains([key]))
        if modified_after is not None:
            statement = statement.where(Offer.changed_at >= modified_after)
        total = self._count(statement) or 0
        offers = self._session.scalars(
            statement.order_by(Offer.title, Offer.id).offset((page - 1) * per_page).limit(per_page)
        ).all()
        if minimal:
            contents = [
                {"id": str(each.id), "last_modified": _moment(each.changed_at)} for each in offers
            ]
        else:
            providers = self._providers_of(offers)
            contents = [self._service(each, providers) for each in offers]
        return _page(contents, total=total, page=page, per_page=per_page)

    def service(self, id_: UUID) -> Document:
        """Return one service with its organization. Raises :class:`NotFound`."""
        found = self._session.scalar(
            select(Offer).where(Offer.id == id_, Offer.status == PublicationStatus.PUBLISHED)
        )
        if found is None:
            raise NotFound(kind="service")
        return self._service(found, self._providers_of([found]))

    # --- words

    def taxonomies(self, *, page: int, per_page: int) -> Document:
        """Return the lists of words that describe organizations and services."""
        found = [self._taxonomy(section) for section in TAXONOMIES]
        first = (page - 1) * per_page
        contents = found[first : first + per_page]
        return _page(contents, total=len(found), page=page, per_page=per_page)

    def terms(self, *, page: int, per_page: int, taxonomy_id: UUID | None) -> Document:
        """Return the words, of one list where it is named."""
        found = [
            self._term(section, str(word["key"]))
            for section in TAXONOMIES
            for word in self._words[section]
            if taxonomy_id in {None, _id("taxonomy", section)}
        ]
        first = (page - 1) * per_page
        contents = found[first : first + per_page]
        return _page(contents, total=len(found), page=page, per_page=per_page)

    def _term_of(self, id_: UUID) -> tuple[str, str]:
        for section in TAXONOMIES:
            for word in self._words[section]:
                if _id("term", section, word["key"]) == id_:
                    return section, str(word["key"])
        raise NotFound(kind="taxonomy term")

    # --- reading

    def _departments(self) -> list[str]:
        """The departments that offer something, in the profile's order."""
        offering = set(
            self._session.scalars(
                select(Offer.department).where(
                    Offer.status == PublicationStatus.PUBLISHED, Offer.department.is_not(None)
                )
            )
        )
        return [str(each["key"]) for each in self._words["departments"] if each["key"] in offering]

    def _department_of(self, id_: UUID) -> str | None:
        return next((each for each in self._departments() if _id("department", each) == id_), None)

    def _offers_of(self, providers: Sequence[Association | str]) -> dict[Any, list[Offer]]:
        ids = [each.id for each in providers if isinstance(each, Association)]
        keys = [each for each in providers if isinstance(each, str)]
        offers = self._session.scalars(
            select(Offer)
            .where(
                Offer.status == PublicationStatus.PUBLISHED,
                or_(Offer.association_id.in_(ids), Offer.department.in_(keys)),
            )
            .order_by(Offer.title, Offer.id)
        )
        found: dict[Any, list[Offer]] = {}
        for offer in offers:
            found.setdefault(offer.association_id or offer.department, []).append(offer)
        return found

    def _providers_of(self, offers: Sequence[Offer]) -> dict[Any, Association | str]:
        ids = [each.association_id for each in offers if each.association_id]
        found: dict[Any, Association | str] = {
            each.department: each.department for each in offers if each.department
        }
        for each in self._session.scalars(select(Association).where(Association.id.in_(ids))):
            found[each.id] = each
        return found

    def _count(self, statement: Select[Any]) -> int | None:
        return self._session.scalar(select(func.count()).select_from(statement.subquery()))

    # --- writing

    def _organization(self, found: Association | str, offers: Sequence[Offer]) -> Document:
        providers = {_key(found): found}
        services = [self._service(each, providers, alone=False) for each in offers]
        return _known(**self._named(found), services=services)

    def _named(self, found: Association | str) -> Document:
        """Return an organization without its services."""
        if isinstance(found, str):
            return self._department(found)
        id_ = str(found.id)
        phones = [{"id": _sub(id_, "phone"), "organization_id": id_, "number": found.phone}]
        identifiers = [
            {
                "id": _sub(id_, "cvr"),
                "organization_id": id_,
                "identifier_scheme": "DK-CVR",
                "identifier_type": "CVR",
                "identifier": found.cvr,
            }
        ]
        place = (found.street, found.postcode, found.city)
        words = self._attributes(id_, "organization", target_groups=found.target_groups)
        return _known(
            id=id_,
            name=found.name,
            description=found.purpose,
            email=found.public_email,
            website=found.website,
            uri=f"{self._url}/foreninger/{id_}",
            legal_status=found.form.value,
            phones=phones if found.phone else [],
            organization_identifiers=identifiers if found.cvr else [],
            locations=[self._location(id_, found.name, place)] if found.city else [],
            attributes=list(words),
        )

    def _department(self, key: str) -> Document:
        municipality = self._words["municipality"]
        name = next(each["name"] for each in self._words["departments"] if each["key"] == key)
        return _known(
            id=str(_id("department", key)),
            name=f"{municipality['name']}, {name}",
            description=str(name),
            website=municipality.get("website"),
        )

    def _service(
        self, found: Offer, providers: Mapping[Any, Association | str], *, alone: bool = True
    ) -> Document:
        id_ = str(found.id)
        provider = providers[found.association_id or found.department]
        organization = self._named(provider)
        confirmed = provider.confirmed_at if isinstance(provider, Association) else None
        contact = _known(
            id=_sub(id_, "contact"),
            service_id=id_,
            title=found.contact_title,
            email=found.contact_email,
            phones=[{"id": _sub(id_, "contact-phone"), "number": found.contact_phone}]
            if found.contact_phone
            else [],
        )
        return _known(
            id=id_,
            organization_id=organization["id"],
            name=found.title,
            description=found.description,
            email=found.contact_email,
            status="active",
            fees_description=price_of(found.price_ore, found.price_text),
            assured_date=confirmed.date().isoformat() if confirmed else None,
            last_modified=_moment(found.changed_at),
            alert=None if found.takes_new_users else "Tager ikke nye brugere lige nu",
            schedules=[_schedule(id_, number, each) for number, each in enumerate(found.times)],
            languages=[
                {"id": _sub(id_, "language", code), "service_id": id_, "code": code}
                for code in found.languages
            ],
            cost_options=_costs(found),
            contacts=[contact] if len(contact) > 2 else [],
            service_areas=[
                {
                    "id": _sub(id_, "area"),
                    "service_id": id_,
                    "name": self._word("areas", found.area),
                }
            ],
            service_at_locations=self._places(found),
            attributes=[
                *self._attributes(id_, "service", target_groups=found.target_groups),
                *self._attributes(id_, "service", topics=found.topics),
            ],
            organization=organization if alone else None,
        )

    def _places(self, found: Offer) -> list[Document]:
        if not (found.place or found.latitude):
            return []
        id_ = str(found.id)
        place = (found.place, found.postcode, self._word("areas", found.area))
        location = self._location(id_, found.place or found.title, place)
        location |= _known(latitude=found.latitude, longitude=found.longitude)
        if found.wheelchair is not None:
            text = "Adgang med kørestol" if found.wheelchair else "Ingen adgang med kørestol"
            location["accessibility"] = [
                {
                    "id": _sub(id_, "accessibility"),
                    "location_id": location["id"],
                    "description": text,
                }
            ]
        at = {"id": _sub(id_, "place"), "service_id": id_, "location_id": location["id"]}
        return [{**at, "location": location}]

    def _location(
        self, owner: str, name: str, place: tuple[str | None, str | None, str | None]
    ) -> Document:
        street, postcode, city = place
        id_ = _sub(owner, "location")
        address = {
            "id": _sub(owner, "address"),
            "location_id": id_,
            "address_1": street or "",
            "city": city or "",
            # Denmark has no states; the municipality is what lies between town and country.
            "state_province": str(self._words["municipality"]["name"]),
            "postal_code": postcode or "",
            "country": "DK",
            "address_type": "physical",
        }
        return {"id": id_, "location_type": "physical", "name": name, "addresses": [address]}

    def _attributes(self, id_: str, entity: str, **words: Sequence[str]) -> Iterator[Document]:
        for section, keys in words.items():
            for key in keys:
                yield {
                    "id": _sub(id_, section, key),
                    "link_id": id_,
                    "link_entity": entity,
                    "taxonomy_term_id": str(_id("term", section, key)),
                    "taxonomy_term": self._term(section, key),
                }

    def _term(self, section: str, key: str) -> Document:
        return {
            "id": str(_id("term", section, key)),
            "code": key,
            "name": self._word(section, key),
            "description": self._word(section, key, "en"),
            "taxonomy": TAXONOMIES[section],
            "taxonomy_id": str(_id("taxonomy", section)),
        }

    def _taxonomy(self, section: str) -> Document:
        name = TAXONOMIES[section]
        text = f"{name} i vejviseren, {self._words['municipality']['name']}"
        return {"id": str(_id("taxonomy", section)), "name": name, "description": text}

    def _word(self, section: str, key: str, language: str = "da") -> str:
        for word in self._words[section]:
            if word["key"] == key:
                return str(word.get(language) or word["da"])
        return key


def _costs(found: Offer) -> list[Document]:
    if found.price_ore is None:
        return []
    id_ = str(found.id)
    return [
        _known(
            id=_sub(id_, "cost"),
            service_id=id_,
            currency="DKK",
            amount=found.price_ore / 100,
            amount_description=found.price_text,
        )
    ]


def _schedule(service: str, number: int, time: Mapping[str, str]) -> Document:
    """Write a time as HSDS has it: the parts of the rule one by one.

    A daily one, which HSDS 3.0 does not know, is weekly on all days; every second day and the like
    is told in words only.
    """
    parts = parts_of(time["rrule"])
    frequency, interval = parts.get("FREQ"), int(parts.get("INTERVAL", "1"))
    if frequency == "DAILY" and interval == 1:
        frequency, parts = "WEEKLY", {**parts, "BYDAY": "MO,TU,WE,TH,FR,SA,SU"}
    until = parts.get("UNTIL")
    return _known(
        id=_sub(service, "schedule", number),
        service_id=service,
        valid_from=time["starts_on"],
        dtstart=time["starts_on"],
        until=f"{until[:4]}-{until[4:6]}-{until[6:8]}" if until else None,
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
        freq=frequency if frequency in _FREQUENCIES else None,
        interval=interval if frequency in _FREQUENCIES else None,
        byday=parts.get("BYDAY"),
        bymonthday=parts.get("BYMONTHDAY"),
        opens_at=time["starts"],
        closes_at=time["ends"],
        notes=time["rrule"] if frequency not in _FREQUENCIES else None,
    )


def _page(contents: list[Document], *, total: int, page: int, per_page: int) -> Document:
    pages = max(1, -(-total // per_page))
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": page,
        "size": len(contents),
        "first_page": page == 1,
        "last_page": page >= pages,
        "empty": not contents,
        "contents": contents,
    }


def _known(**values: Any) -> Document:
    """Leave out what is not known: HSDS has no null, and an empty list says nothing."""
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _key(found: Association | str) -> Any:
    return found if isinstance(found, str) else found.id


def _id(*names: Any) -> UUID:
    return uuid5(NAMESPACE_URL, ":".join(["samspil", "hsds", *map(str, names)]))


def _sub(owner: str, *names: Any) -> str:
    return str(_id(owner, *names))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
