"""What pages say of themselves to search engines, in the words of schema.org (N9).

The same as the page shows, as JSON-LD; what is private to an association is never in it.
"""

from collections.abc import Mapping
from typing import Any, Final

from portal.client import Resource

CONTEXT: Final = "https://schema.org"
_DAYS: Final[Mapping[str, str]] = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}


def association(found: Resource, *, address: str, area: str) -> Resource:
    """Describe an association (schema.org/NGO)."""
    return _filled(
        {
            "@context": CONTEXT,
            "@type": "NGO",
            "@id": address,
            "url": address,
            "name": found["name"],
            "description": found["purpose"],
            "areaServed": area,
            "sameAs": found.get("website"),
            "telephone": found.get("phone"),
            "email": found.get("public_email"),
            "taxID": found.get("cvr"),
        }
    )


def offer(
    found: Resource, *, address: str, provider: Resource, area: str, audience: str
) -> Resource:
    """Describe an offer (schema.org/Service), with its times and price."""
    price = found.get("price_ore")
    return _filled(
        {
            "@context": CONTEXT,
            "@type": "GovernmentService" if found.get("department") else "Service",
            "@id": address,
            "url": address,
            "name": found["title"],
            "description": found["description"],
            "provider": provider,
            "areaServed": area,
            "audience": {"@type": "Audience", "audienceType": audience},
            "availableLanguage": found.get("languages"),
            "hoursAvailable": [_hours(time) for time in found.get("times") or () if _hours(time)],
            "offers": {
                "@type": "Offer",
                "price": f"{price // 100}.{price % 100:02}",
                "priceCurrency": "DKK",
            }
            if price is not None
            else None,
            "serviceLocation": _filled(
                {
                    "@type": "Place",
                    "address": _filled(
                        {
                            "@type": "PostalAddress",
                            "streetAddress": found.get("place"),
                            "postalCode": found.get("postcode"),
                            "addressCountry": "DK",
                        }
                    ),
                    "geo": {
                        "@type": "GeoCoordinates",
                        "latitude": found["latitude"],
                        "longitude": found["longitude"],
                    }
                    if found.get("latitude") is not None
                    else None,
                }
            )
            if found.get("place") or found.get("postcode")
            else None,
        }
    )


def _hours(time: Mapping[str, Any]) -> Resource | None:
    """Say a weekly time; of other rules there is no plain way to say them here."""
    parts = dict(part.partition("=")[::2] for part in time["rrule"].split(";"))
    if parts.pop("FREQ") != "WEEKLY" or set(parts) - {"BYDAY"} or "BYDAY" not in parts:
        return None
    return {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": [_DAYS[day] for day in parts["BYDAY"].split(",")],
        "opens": time["starts"],
        "closes": time["ends"],
        "validFrom": time["starts_on"],
    }


def _filled(values: Mapping[str, Any]) -> Resource:
    return {name: value for name, value in values.items() if value not in (None, "", [])}
