"""What the API's keys are called on a page, and the colour of a status."""

from collections.abc import Mapping
from typing import Final

from portal.i18n import N_, gettext

Label = tuple[str, str]  # text, kind of badge: "", info, success, warning, error

ASSOCIATION_STATUS: Final[Mapping[str, Label]] = {
    "registered": (N_("Afventer godkendelse"), "warning"),
    "published": (N_("I vejviseren"), "success"),
    "rejected": (N_("Ikke godkendt"), "error"),
    "closed": (N_("Lukket"), ""),
}
FRESHNESS: Final[Mapping[str, Label]] = {
    "fresh": (N_("Friske oplysninger"), "success"),
    "ageing": (N_("Ved at blive gamle"), "warning"),
    "unconfirmed": (N_("Ikke bekræftet"), "error"),
}
ON_BEHALF: Final[Mapping[str, str]] = {
    "association": N_("foreningen selv"),
    "centre": N_("Frivilligcentret på foreningens vegne"),
    "coordinator": N_("kommunens kontaktperson på foreningens vegne"),
}
PAPER_KIND: Final[Mapping[str, str]] = {
    "statutes": N_("Vedtægter"),
    "accounts": N_("Regnskab"),
    "cvr-registration": N_("CVR-registrering"),
    "nemkonto": N_("NemKonto"),
    "child-protection": N_("Børneattester"),
}
DOCUMENTS: Final = ("statutes", "accounts")
PAPER_STATUS: Final[Mapping[str, Label]] = {
    "missing": (N_("Mangler"), ""),
    "valid": (N_("Gælder"), "success"),
    "expiring": (N_("Udløber snart"), "warning"),
    "expired": (N_("Udløbet"), "error"),
}
PAPER_ANSWER: Final[Mapping[str, Label]] = {
    "known": (N_("Har vi"), "success"),
    "attached": (N_("Vedlagt"), "success"),
    "missing": (N_("Mangler"), "warning"),
}
CHILD_PROTECTION: Final[Mapping[str, str]] = {
    "certificates-obtained": N_(
        "Der er indhentet børneattest på alle, der har direkte kontakt med børn under 15 år"
    ),
    "no-children-under-15": N_("Ingen hos os har direkte kontakt med børn under 15 år"),
}
STALE_REASON: Final[Mapping[str, str]] = {
    "unanswered": N_("Har ikke svaret på vores mail"),
    "bounced": N_("Kan ikke nås på mail"),
}
CALL_OUTCOME: Final[Mapping[str, str]] = {
    "confirmed": N_("Oplysningerne er rigtige"),
    "no-answer": N_("Fik ikke fat i nogen"),
    "closed": N_("Foreningen findes ikke mere"),
}
CHANGE_KIND: Final[Mapping[str, str]] = {
    "registered": N_("Oprettet"),
    "described": N_("Oplysninger rettet"),
    "confirmed": N_("Oplysninger bekræftet"),
    "approved": N_("Godkendt"),
    "rejected": N_("Ikke godkendt"),
    "closed": N_("Lukket"),
    "reopened": N_("Genåbnet"),
    "merged": N_("Lagt sammen med en anden"),
    "delegated": N_("Frivilligcentrets adgang ændret"),
    "handed-over": N_("Overdraget til nye folk"),
}
ASSOCIATION_FIELD: Final[Mapping[str, str]] = {
    "name": N_("Foreningens navn"),
    "cvr": N_("CVR-nummer"),
    "form": N_("Form"),
    "purpose": N_("Formål"),
    "target_groups": N_("Målgrupper"),
    "area": N_("Område"),
    "street": N_("Adresse"),
    "postcode": N_("Postnummer"),
    "city": N_("By"),
    "website": N_("Hjemmeside"),
    "phone": N_("Telefon"),
    "public_email": N_("E-mail, som alle kan se"),
    "volunteers_wanted": N_("Søger frivillige"),
    "centre_may_edit": N_("Frivilligcentret må rette"),
    "proof": N_("Det har kommunen set"),
    "proof_on": N_("Dateret"),
}
DUPLICATE_REASON: Final[Mapping[str, str]] = {
    "cvr": N_("samme CVR-nummer"),
    "name": N_("navnet ligner"),
    "phone": N_("samme telefonnummer"),
    "address": N_("samme adresse"),
    "website": N_("samme hjemmeside"),
    "email": N_("samme e-mail, som alle kan se"),
    "contact": N_("samme kontaktperson"),
}
FORM: Final[Mapping[str, str]] = {
    "association": N_("Forening"),
    "group": N_("Gruppe uden vedtægter"),
    "company": N_("Virksomhed"),
    "person": N_("Enkeltperson"),
}
ROLE: Final[Mapping[str, str]] = {
    "member": N_("Medlem"),
    "editor": N_("Redaktør"),
    "administrator": N_("Administrator"),
}
ROLE_MEANS: Final[Mapping[str, str]] = {
    "member": N_("Du kan se foreningens sager."),
    "editor": N_("Du kan se foreningens sager, rette dens side og skrive ansøgninger."),
    "administrator": N_(
        "Du kan rette foreningens side, sende ansøgninger og bestemme, hvem der har hvilken rolle."
    ),
}
INVITATION_STATUS: Final[Mapping[str, Label]] = {
    "open": (N_("Venter på svar"), "warning"),
    "accepted": (N_("Taget imod"), "success"),
    "declined": (N_("Sagt nej"), ""),
    "withdrawn": (N_("Trukket tilbage"), ""),
    "expired": (N_("Ikke besvaret i tide"), ""),
}
COMPETENCE_KIND: Final[Mapping[str, str]] = {
    "speaker": N_("Oplægsholder"),
    "expertise": N_("Viden, man kan spørge om"),
}
PROOF: Final[Mapping[str, str]] = {
    "minutes": N_("Referat af generalforsamlingen"),
    "register": N_("Udskrift af et register, for eksempel CVR"),
    "letter": N_("Brev eller fuldmagt"),
    "other": N_("Andet"),
}
BODY: Final[Mapping[str, str]] = {
    "council": N_("Frivilligrådet"),
    "committee": N_("Udvalget"),
    "coordinator": N_("Kontaktperson"),
    "caseworker": N_("Sagsbehandler"),
    "centre": N_("Frivilligcentret"),
    "operator": N_("Drift"),
    "department-head": N_("Forvaltningschef"),
    "bridge-builder": N_("Brobygger"),
}
OFFER_STATUS: Final[Mapping[str, Label]] = {
    "draft": (N_("Kladde"), "warning"),
    "published": (N_("Kan findes af alle"), "success"),
    "withdrawn": (N_("Trukket tilbage"), ""),
}
LISTING_KIND: Final[Mapping[str, str]] = {
    "association": N_("Forening"),
    "offer": N_("Tilbud"),
}
TRAIT: Final[Mapping[str, str]] = {
    "free": N_("Gratis"),
    "takes_new_users": N_("Tager imod nye"),
    "needs_volunteers": N_("Søger frivillige"),
    "wheelchair": N_("Adgang med kørestol"),
}
PRICE: Final[Mapping[str, str]] = {
    "free": N_("Gratis"),
    "amount": N_("Et beløb"),
    "text": N_("Prisen skal forklares"),
}
WHEELCHAIR: Final[Mapping[str, str]] = {
    "yes": N_("Ja"),
    "no": N_("Nej"),
    "unknown": N_("Ved ikke"),
}
SORT: Final[Mapping[str, str]] = {
    "relevance": N_("Bedste match"),
    "name": N_("Navn"),
    "distance": N_("Afstand"),
}
# What an offer can be held in here; others are kept where they come from elsewhere.
LANGUAGES: Final = (
    "da en de ar fa so ti tr uk ru pl ro bs sr vi th ur ku fr es".split()  # noqa: SIM905 - as text
)
DOCUMENT_KIND: Final[Mapping[str, str]] = {
    "policy": N_("Politikker"),
    "statutes": N_("Vedtægter"),
    "form": N_("Skemaer og blanketter"),
    "minutes": N_("Referater"),
    "guidance": N_("Vejledninger"),
    "report": N_("Rapporter"),
    "other": N_("Andre dokumenter"),
}
DOCUMENT_STATUS: Final[Mapping[str, Label]] = {
    "draft": (N_("Kladde"), "warning"),
    "published": (N_("Offentligt"), "success"),
    "withdrawn": (N_("Trukket tilbage"), ""),
}
NEWS_TOPIC: Final[Mapping[str, str]] = {
    "grants": N_("Tilskud"),
    "meetings": N_("Møder"),
    "volunteering": N_("Frivillighed"),
    "council": N_("Råd og høringer"),
    "other": N_("Andet"),
}
NEWS_STATUS: Final[Mapping[str, Label]] = {
    "draft": (N_("Kladde"), "warning"),
    "scheduled": (N_("Kommer ud senere"), "info"),
    "published": (N_("Offentlig"), "success"),
    "withdrawn": (N_("Trukket tilbage"), ""),
}
FUNDING_PROVIDER: Final[Mapping[str, str]] = {
    "municipality": N_("Kommunen"),
    "state": N_("Staten"),
    "foundation": N_("Fond"),
    "other": N_("Andre"),
}
DEADLINE_KIND: Final[Mapping[str, str]] = {
    "once": N_("Inden en bestemt dag"),
    "yearly": N_("Inden de samme dage hvert år"),
    "rolling": N_("Når som helst"),
}
EQUIPMENT: Final[Mapping[str, str]] = {
    "projector": N_("Projektor"),
    "whiteboard": N_("Tavle"),
    "wifi": N_("Trådløst net"),
    "kitchen": N_("Køkken"),
    "sound": N_("Lydanlæg"),
    "piano": N_("Klaver"),
    "workshop": N_("Værksted"),
    "storage": N_("Plads til at opbevare ting"),
}
ACCESS: Final[Mapping[str, str]] = {
    "step-free": N_("Uden trin"),
    "lift": N_("Elevator"),
    "accessible-toilet": N_("Handicaptoilet"),
    "hearing-loop": N_("Teleslynge"),
    "accessible-parking": N_("Handicapparkering"),
}
ROOM_SIZE: Final[Mapping[str, str]] = {
    "up-to-10": N_("Op til 10"),
    "11-25": N_("11 til 25"),
    "26-50": N_("26 til 50"),
    "over-50": N_("Over 50"),
}
# What can be subscribed to, by the names of the API.
SUBJECT: Final[Mapping[str, str]] = {
    "news:grants": N_("Nyheder om tilskud"),
    "news:meetings": N_("Nyheder om møder"),
    "news:volunteering": N_("Nyheder om frivillighed"),
    "news:council": N_("Nyheder fra råd og høringer"),
    "news:other": N_("Andre nyheder"),
    **{f"document:{key}": text for key, text in DOCUMENT_KIND.items()},
}
DOCUMENT_LANGUAGE: Final[Mapping[str, str]] = {"da": N_("Dansk"), "en": N_("Engelsk")}
ROUND_STATUS: Final[Mapping[str, Label]] = {
    "draft": (N_("Kladde"), ""),
    "announced": (N_("Åbner snart"), "info"),
    "open": (N_("Åben for ansøgninger"), "success"),
    "closed": (N_("Lukket – til vurdering"), "warning"),
    "recommended": (N_("Indstillet – til afgørelse"), "warning"),
    "decided": (N_("Afgjort"), ""),
}
APPLICATION_STATUS: Final[Mapping[str, Label]] = {
    "draft": (N_("Kladde"), "warning"),
    "submitted": (N_("Indsendt"), "info"),
    "withdrawn": (N_("Trukket tilbage"), ""),
    "decided": (N_("Afgjort"), "success"),
}
OUTCOME: Final[Mapping[str, Label]] = {
    "granted": (N_("Bevilget"), "success"),
    "partly-granted": (N_("Delvist bevilget"), "info"),
    "rejected": (N_("Afslag"), "error"),
}
DECISION_STATUS: Final[Mapping[str, Label]] = {
    "draft": (N_("Udkast"), "warning"),
    "sent": (N_("Sendt"), "success"),
}
RECOMMEND: Final[Mapping[str, Label]] = {
    "yes": (N_("Ja, hele beløbet"), "success"),
    "partly": (N_("Ja, en del af beløbet"), "info"),
    "no": (N_("Nej"), "error"),
}
VOTE: Final[Mapping[str, str]] = {
    "for": N_("For"),
    "against": N_("Imod"),
    "abstain": N_("Hverken for eller imod"),
}
MEETING_KIND: Final[Mapping[str, str]] = {
    "dialogue": N_("Dialogmøde"),
    "conference": N_("Konference"),
    "theme": N_("Temadag"),
    "other": N_("Møde"),
}
MEETING_STATUS: Final[Mapping[str, Label]] = {
    "draft": (N_("Kladde"), "warning"),
    "called": (N_("Indkaldt"), "success"),
    "held": (N_("Afholdt"), ""),
    "cancelled": (N_("Aflyst"), "error"),
}
AUDIENCE: Final[Mapping[str, str]] = {
    "associations": N_("Foreninger"),
    "council": N_("Frivilligrådet"),
    "all": N_("Alle interesserede"),
}
REGISTRATION_STATUS: Final[Mapping[str, Label]] = {
    "confirmed": (N_("Tilmeldt"), "success"),
    "waiting": (N_("På venteliste"), "warning"),
    "withdrawn": (N_("Afmeldt"), ""),
}
HEARING_STATUS: Final[Mapping[str, Label]] = {
    "draft": (N_("Kladde"), "warning"),
    "open": (N_("Åben for svar"), "success"),
    "closed": (N_("Lukket – svar behandles"), "info"),
    "concluded": (N_("Afsluttet"), ""),
}
ANSWER_OUTCOME: Final[Mapping[str, Label]] = {
    "accepted": (N_("Imødekommet"), "success"),
    "partly": (N_("Delvist imødekommet"), "info"),
    "not-accepted": (N_("Ikke imødekommet"), "error"),
    "noted": (N_("Taget til efterretning"), ""),
}
DUTY_STATUS: Final[Mapping[str, Label]] = {
    "kept": (N_("Holdt"), "success"),
    "planned": (N_("Planlagt"), "info"),
    "missing": (N_("Mangler endnu"), ""),
    "at-risk": (N_("I fare"), "warning"),
    "broken": (N_("Ikke holdt"), "error"),
}
DELIVERY_STATUS: Final[Mapping[str, Label]] = {
    "queued": (N_("I kø"), "info"),
    "sending": (N_("Sendes"), "info"),
    "sent": (N_("Sendt"), "success"),
    "failed": (N_("Kunne ikke sendes"), "error"),
    "uncertain": (N_("Usikkert"), "warning"),
    "suppressed": (N_("Ikke sendt efter modtagerens ønske"), ""),
}
HEARING_WARNING: Final[Mapping[str, str]] = {
    "short-deadline": N_("Fristen er kortere end tre uger. Fire uger anses for passende."),
    "holiday-period": N_(
        "Fristen løber hen over en ferieperiode. Overvej at give foreningerne længere tid."
    ),
}
RULING: Final[Mapping[str, Label]] = {
    "open": (N_("Ikke afgjort"), "warning"),
    "cleared": (N_("Tager del i sagen"), "success"),
    "upheld": (N_("Inhabil"), ""),
}
CONFLICT_GROUND: Final[Mapping[str, str]] = {
    "leads": N_(
        "Sidder i ledelsen af den forening, der søger (forvaltningsloven § 3, stk. 1, nr. 3)"
    ),
    "leads-association": N_(
        "Sidder i ledelsen af den forening, der søger (forvaltningsloven § 3, stk. 1, nr. 3)"
    ),
    "declared": N_("Har selv meldt sig inhabil (forvaltningsloven § 6)"),
}
IMPORT_STATUS: Final[Mapping[str, Label]] = {
    "reading": (N_("Filen læses"), "info"),
    "unreadable": (N_("Kan ikke læses"), "error"),
    "read": (N_("Venter på kolonnerne"), "warning"),
    "checking": (N_("Rækkerne kontrolleres"), "info"),
    "checked": (N_("Klar til import"), "warning"),
    "running": (N_("Importerer"), "info"),
    "stopped": (N_("Standset"), "warning"),
    "done": (N_("Færdig"), "success"),
}
IMPORT_FIELD: Final[Mapping[str, str]] = {
    "name": N_("Foreningens navn"),
    "cvr": N_("CVR-nummer"),
    "purpose": N_("Formål"),
    "target_groups": N_("Målgrupper"),
    "area": N_("Område"),
    "street": N_("Adresse"),
    "postcode": N_("Postnummer"),
    "city": N_("By"),
    "website": N_("Hjemmeside"),
    "phone": N_("Telefon, som alle kan se"),
    "public_email": N_("E-mail, som alle kan se"),
    "contact_name": N_("Kontaktpersonens navn"),
    "contact_email": N_("Kontaktpersonens e-mail"),
    "volunteers_wanted": N_("Søger frivillige"),
}
IMPORT_OUTCOME: Final[Mapping[str, Label]] = {
    "new": (N_("Ny"), "success"),
    "changed": (N_("Ændret"), "info"),
    "same": (N_("Uændret"), ""),
    "asked": (N_("Skal afklares"), "warning"),
    "refused": (N_("Afvist"), "error"),
    "skipped": (N_("Sprunget over"), ""),
}
IMPORT_REASON: Final[Mapping[str, str]] = {
    "invalid": N_("Noget i rækken kan ikke bruges."),
    "duplicate": N_("Foreningen står i en tidligere række af filen."),
    "cvr-taken": N_("En anden forening i vejviseren har CVR-nummeret."),
    "header": N_("Rækken gentager overskrifterne."),
    "answered": N_("I har valgt ikke at tage den med."),
    "not-storable": N_("Rækken indeholder noget, der ikke kan gemmes."),
    "wrong-state": N_("Foreningens status i vejviseren tillader det ikke."),
    "not-delegated": N_("Det må frivilligcentret ikke rette."),
    "cvr-other-name": N_("CVR-nummeret tilhører en forening med et helt andet navn."),
    "other-cvr": N_("En forening med samme navn og postnummer har et andet CVR-nummer."),
    "other-postcode": N_("En forening med samme navn har et andet eller intet postnummer."),
    "similar": N_("Navnet ligner et, der findes."),
    "several": N_("Flere foreninger har samme navn og postnummer."),
    "closed": N_("Foreningen har været her før, men er lukket eller afvist."),
}
IMPORT_NOTE: Final[Mapping[str, str]] = {
    "Is not one of the words in use here.": N_("Ordet er ikke et af dem, kommunen bruger."),
    "Is neither yes nor no.": N_("Skriv ja eller nej."),
    "The row has more cells than the file has columns.": N_(
        "Rækken har flere felter, end filen har kolonner."
    ),
    "Missing: an e-mail address of somebody who answers for the association.": N_(
        "Der mangler en e-mailadresse på en, der kan svare for foreningen."
    ),
    "Is different here, and stays as it is.": N_(
        "Vejviseren siger noget andet, og det er ikke rettet."
    ),
    "Somebody else is the contact here, and stays it.": N_(
        "Foreningen har en anden kontaktperson, og det er ikke rettet."
    ),
    "The file has it in another row.": N_("Se også en tidligere række i filen."),
    "The association keeps its record itself.": N_(
        "Foreningen har sagt nej til, at frivilligcentret retter for den."
    ),
    "No agreement with the centre is in force.": N_(
        "Frivilligcentret kan ikke rette: aftalen med kommunen gælder ikke i dag."
    ),
    "Name, number and form are the association's own.": N_(
        "Navn og CVR-nummer kan kun foreningen selv og kommunen ændre."
    ),
}
IMPORT_FAULT: Final[Mapping[str, str]] = {
    "empty": N_("Der er ingen rækker med tekst i filen."),
    "broken": N_("Filen er beskadiget. Åbn den i et regneark, gem den igen, og prøv på ny."),
    "too-long": N_("Filen har for mange rækker. Del den i flere filer med højst 50.000 i hver."),
    "too-wide": N_("Filen har for mange kolonner. Slet dem, der ikke skal bruges."),
}

GROUPS: Final[Mapping[str, Mapping[str, Label] | Mapping[str, str]]] = {
    "association_status": ASSOCIATION_STATUS,
    "freshness": FRESHNESS,
    "on_behalf": ON_BEHALF,
    "paper_kind": PAPER_KIND,
    "paper_status": PAPER_STATUS,
    "paper_answer": PAPER_ANSWER,
    "child_protection": CHILD_PROTECTION,
    "stale_reason": STALE_REASON,
    "call_outcome": CALL_OUTCOME,
    "change_kind": CHANGE_KIND,
    "association_field": ASSOCIATION_FIELD,
    "duplicate_reason": DUPLICATE_REASON,
    "form": FORM,
    "role": ROLE,
    "role_means": ROLE_MEANS,
    "invitation_status": INVITATION_STATUS,
    "proof": PROOF,
    "competence_kind": COMPETENCE_KIND,
    "body": BODY,
    "offer_status": OFFER_STATUS,
    "listing_kind": LISTING_KIND,
    "trait": TRAIT,
    "price": PRICE,
    "wheelchair": WHEELCHAIR,
    "sort": SORT,
    "document_kind": DOCUMENT_KIND,
    "document_status": DOCUMENT_STATUS,
    "document_language": DOCUMENT_LANGUAGE,
    "news_topic": NEWS_TOPIC,
    "news_status": NEWS_STATUS,
    "subject": SUBJECT,
    "equipment": EQUIPMENT,
    "access": ACCESS,
    "room_size": ROOM_SIZE,
    "funding_provider": FUNDING_PROVIDER,
    "deadline_kind": DEADLINE_KIND,
    "round_status": ROUND_STATUS,
    "application_status": APPLICATION_STATUS,
    "ruling": RULING,
    "outcome": OUTCOME,
    "decision_status": DECISION_STATUS,
    "recommend": RECOMMEND,
    "vote": VOTE,
    "meeting_kind": MEETING_KIND,
    "meeting_status": MEETING_STATUS,
    "audience": AUDIENCE,
    "registration_status": REGISTRATION_STATUS,
    "hearing_status": HEARING_STATUS,
    "answer_outcome": ANSWER_OUTCOME,
    "duty_status": DUTY_STATUS,
    "delivery_status": DELIVERY_STATUS,
    "hearing_warning": HEARING_WARNING,
    "conflict_ground": CONFLICT_GROUND,
    "import_status": IMPORT_STATUS,
    "import_field": IMPORT_FIELD,
    "import_outcome": IMPORT_OUTCOME,
    "import_reason": IMPORT_REASON,
    "import_note": IMPORT_NOTE,
    "import_fault": IMPORT_FAULT,
}


def label(group: str, key: str | None) -> str:
    """What a key is called; a key nobody knew of is shown as it is."""
    if not key:
        return "–"
    found = GROUPS[group].get(key, key)
    return gettext(found if isinstance(found, str) else found[0])


def badge(group: str, key: str | None) -> str:
    """The kind of badge of a status."""
    found = GROUPS[group].get(key or "", "")
    return "" if isinstance(found, str) else found[1]


def options(group: str) -> list[tuple[str, str]]:
    """The keys and texts of a group, for a choice."""
    return [(key, label(group, key)) for key in GROUPS[group]]
