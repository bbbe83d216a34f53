"""What a refusal of the API means, in plain words.

What happened, that nothing was lost, what to do now.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from portal import formats
from portal.client import GatewayProblem
from portal.i18n import N_
from portal.i18n import gettext as _

PROBLEMS: Final[Mapping[str, str]] = {
    "invalid": N_("Noget skal rettes, før vi kan tage imod det."),
    "unprocessable-entity": N_("Noget skal rettes, før vi kan tage imod det."),
    "unprocessable-content": N_("Noget skal rettes, før vi kan tage imod det."),
    "conflict": N_(
        "Det kan ikke lade sig gøre, som sagen står nu. Genindlæs siden, og se, hvad der er sket."
    ),
    "stale": N_(
        "En anden har ændret det samme, mens du skrev. Dine ord står her endnu. "
        "Sammenlign nedenfor, og gem igen, hvis dine skal gælde."
    ),
    "too-many-requests": N_(
        "Der er kommet for mange forsøg på kort tid. Vent et øjeblik, og prøv igen."
    ),
    "forbidden": N_("Det har du ikke adgang til."),
    "sign-in-failed": N_(
        "Linket eller koden virker ikke længere. Den kan være brugt, for gammel eller skrevet "
        "forkert. "
        "Bed om et nyt link."
    ),
    "sign-in-too-old": N_("Det er for længe siden, du loggede ind. Log ind igen."),
    "cvr-taken": N_("Der er allerede en forening i vejviseren med det CVR-nummer."),
    "already-registered": N_("Foreningen er allerede oprettet."),
    "last-administrator": N_(
        "En forening skal altid have mindst én administrator. Giv først rollen til en anden."
    ),
    "round-not-open": N_("Runden er ikke åben for ansøgninger endnu. Kladden er gemt."),
    "association-not-published": N_(
        "Foreningen er ikke godkendt endnu. Kladden er gemt og kan sendes, når kommunen har "
        "godkendt foreningen."
    ),
    "incomplete": N_("Ansøgningen mangler noget. Se listen, og ret det, før du sender."),
    "budget-does-not-add-up": N_(
        "Budgettet stemmer ikke: udgifter minus indtægter skal være lig med det beløb, I søger om."
    ),
    "attachment-type": N_(
        "Filen kan ikke modtages. Vi tager imod PDF, PNG, JPG, Word (docx), Excel (xlsx), ods, "
        "odt og csv, "
        "og indholdet skal passe til filens navn."
    ),
    "attachment-infected": N_(
        "Der er virus i filen, så vi har ikke gemt den. Vælg en anden fil, og sig det til den, du "
        "har fået den fra."
    ),
    "scanner-away": N_(
        "Vi kan ikke undersøge filer for virus lige nu, så filen blev ikke gemt. Vent nogle "
        "minutter, og prøv igen."
    ),
    "attachment-too-large": N_("Filen er for stor. En fil må fylde højst 10 MB."),
    "too-many-attachments": N_("Der er allerede ti bilag. Slet et, før du lægger et nyt på."),
    "too-large": N_("Det, du sendte, fylder for meget. En fil må fylde højst 10 MB."),
    "request-entity-too-large": N_(
        "Det, du sendte, fylder for meget. En fil må fylde højst 10 MB."
    ),
    "disqualified": N_(
        "Du er inhabil i denne sag og kan derfor hverken læse, vurdere eller stemme om den "
        "(forvaltningsloven § 3)."
    ),
    "already-assessed": N_("Du har allerede vurderet denne ansøgning."),
    "quorum-missing": N_(
        "Rådet er ikke beslutningsdygtigt: der mangler stemmer fra flere medlemmer."
    ),
    "no-quorum": N_("Rådet er ikke beslutningsdygtigt: der mangler stemmer fra flere medlemmer."),
    "dates-out-of-order": N_(
        "Datoerne skal komme i rækkefølge: åbner, lukker, behandles i rådet, afgøres i udvalget."
    ),
    "amounts-out-of-order": N_(
        "Det mindste beløb kan ikke være over det største, og det største ikke over rammen."
    ),
    "registration-closed": N_(
        "Fristen for tilmelding er udløbet. Kontakt kommunen, hvis du alligevel vil med."
    ),
    "meeting-not-held": N_(
        "Referatet kan først offentliggøres, når mødet er registreret som afholdt."
    ),
    "hearing-closed": N_(
        "Høringen er lukket, så svaret kunne ikke modtages. Det, du skrev, står her endnu."
    ),
    "already-responded": N_(
        "Der er allerede sendt et svar for denne forening. I kan rette det, indtil fristen."
    ),
    "not-invited": N_("Høringen er ikke sendt til denne forening, så den kan ikke svare her."),
    "reasons-missing": N_(
        "Afslag og nedsatte beløb skal begrundes, før brevene kan sendes (forvaltningsloven § 22). "
        "Sagerne er markeret nedenfor."
    ),
    "undecided-applications": N_(
        "Der er ansøgninger, som ikke er afgjort endnu. De er markeret nedenfor."
    ),
    "already-member": N_("Personen har allerede en rolle i foreningen."),
    "invitation-needed": N_("En ny rolle begynder, når personen har sagt ja til en invitation."),
    "already-invited": N_("Personen er allerede inviteret og har ikke svaret endnu."),
    "invitation-not-open": N_(
        "Invitationen er allerede besvaret, trukket tilbage eller for gammel."
    ),
    "mailed-enough": N_(
        "Vi har sendt tre mails om invitationen. Ring i stedet, eller træk den tilbage."
    ),
    "audience-empty": N_("Høringen når ikke nogen. Vælg modtagere, der er i vejviseren."),
    "capacity-below-confirmed": N_(
        "Der er allerede tilmeldt flere, end der så ville være plads til."
    ),
    "contact-needed": N_("Nogen skal få foreningens mails. Vælg først en anden kontaktperson."),
    "deadline-passed": N_("Fristen er allerede passeret. Vælg en senere frist."),
    "delivery-not-resendable": N_(
        "Mailen er allerede sendt eller på vej igen, så der er ikke mere at gøre."
    ),
    "delivery-not-uncertain": N_(
        "Det er allerede afklaret, om mailen nåede frem, så der er ikke mere at gøre."
    ),
    "email-taken": N_("En anden person bruger allerede den e-mailadresse."),
    "exists-already": N_("Det er allerede oprettet. Genindlæs siden for at se det."),
    "hearing-concluded": N_("Høringen er afsluttet, så svarene kan ikke længere ændres."),
    "hearing-not-closed": N_(
        "Høringen er stadig åben. Svarene kan først besvares, når fristen er udløbet."
    ),
    "hearing-not-open": N_("Høringen er ikke åben for svar."),
    "lines-missing": N_(
        "Nogle ansøgninger mangler et indstillet beløb. Skriv 0, hvor der ikke skal gives noget."
    ),
    "meeting-in-past": N_("Mødet ville allerede være begyndt. Vælg et senere tidspunkt."),
    "meeting-not-called": N_("Mødet er ikke indkaldt, eller det er aflyst."),
    "meeting-not-started": N_(
        "Mødet er ikke begyndt endnu, så det kan ikke registreres som afholdt."
    ),
    "minutes-exist": N_("Der er allerede et referat af mødet. Genindlæs siden for at rette i det."),
    "minutes-published": N_("Referatet er offentliggjort og kan ikke ændres."),
    "more-than-applied": N_("Der kan ikke gives mere, end der er søgt om."),
    "no-places-left": N_("Der er ikke så mange ledige pladser. Sæt antallet ned."),
    "not-draft": N_("Det er ikke længere en kladde. Genindlæs siden, og se, hvad der er sket."),
    "party-too-large": N_("Mødet har ikke plads til så mange i alt. Sæt antallet ned."),
    "registration-withdrawn": N_("Tilmeldingen er afmeldt. Tilmeld jer igen, hvis I vil med."),
    "unknown-associations": N_("Nogle af de valgte foreninger er ikke længere i vejviseren."),
    "import-state": N_("Importen er kommet længere i mellemtiden. Se, hvor langt den er."),
    "not-asked": N_("Rækken er allerede afklaret."),
    "agreement-overlaps": N_(
        "Der gælder allerede en aftale på nogle af dagene. Giv den en slutdato, eller ret den."
    ),
    "too-many-pictures": N_("Der er så mange billeder, som der kan være. Slet et først."),
    "nothing-to-publish": N_("Der er ingen ny udgave at offentliggøre. Læg filen op først."),
    "link-not-valid": N_("Linket virker ikke. Det kan være for gammelt eller skrevet forkert."),
    "link-used": N_("Linket er brugt. Log ind, hvis der er mere, der skal rettes."),
    "association-merged": N_("Foreningen er lagt sammen med en anden."),
    "id-taken": N_("Det er allerede gemt. Genindlæs siden, hvis der er noget nyt at skrive."),
    "wrong-state": N_("Det kan ikke lade sig gøre, som foreningen står i vejviseren nu."),
}

# What a slug that nobody foresaw comes down to.
_BY_STATUS: Final[Mapping[int, str]] = {
    403: "forbidden",
    412: "stale",
    413: "too-large",
    422: "invalid",
    429: "too-many-requests",
}

# What marshmallow and the services' fields say, and what it means to the person at the form.
FIELDS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), text)
    for pattern, text in (
        (r"another column holds", N_("En anden kolonne er allerede valgt til det samme.")),
        (r"which column holds the names", N_("Vælg, hvilken kolonne der har foreningernes navne.")),
        (r"no text in this row", N_("Der er ingen tekst i den række.")),
        (
            r"what is needed",
            N_("Skriv, hvad der er brug for, eller vælg et emne eller en målgruppe."),
        ),
        (r"in the future", N_("Datoen kan ikke ligge i fremtiden.")),
        (r"holds no more", N_("Datoen ligger så langt tilbage, at det ikke gælder mere.")),
        (r"you have none here", N_("Foreningen har ikke noget CVR-nummer i vejviseren.")),
        (r"represents a department", N_("Vælg den forvaltning, brobyggeren repræsenterer.")),
        (r"not be before starts_on", N_("Den sidste dag kan ikke være før den første.")),
        (r"postcode", N_("Skriv postnummeret med fire cifre.")),
        (
            r"missing data|required|may not be null|must not be (empty|blank)|cannot be empty",
            N_("Udfyld feltet."),
        ),
        (
            r"cpr",
            N_("Teksten ligner et CPR-nummer. Skriv aldrig CPR-numre her; fjern det, og gem igen."),
        ),
        (r"shorter than minimum", N_("Udfyld feltet.")),
        (r"longer than maximum|too long|at most .* characters", N_("Teksten er for lang.")),
        (r"not a valid email|e-?mail", N_("Skriv en e-mailadresse som navn@eksempel.dk.")),
        (r"not a valid url|web address", N_("Skriv en webadresse, der begynder med https://.")),
        (r"phone", N_("Skriv et telefonnummer, for eksempel 99 66 70 00.")),
        (r"cvr", N_("CVR-nummeret kan ikke passe. Se efter, om et ciffer er byttet om.")),
        (r"control character|nul", N_("Teksten indeholder tegn, der ikke kan bruges her.")),
        (
            r"not a valid (date|datetime)",
            N_("Skriv datoen som dag.måned.år, for eksempel 15.03.2024."),
        ),
        (
            r"not a valid integer|greater than|less than|between",
            N_("Tallet er uden for det, der er muligt her."),
        ),
        (r"must be one of", N_("Vælg en af mulighederne.")),
        (r"add up|balance", N_("Budgettet stemmer ikke med det beløb, I søger om.")),
        (r"past", N_("Tidspunktet er passeret.")),
        (r"frame_ore", N_("Beløbet går ud over rundens ramme.")),
        (r"minimum", N_("Beløbet er mindre end det mindste, der kan søges om i runden.")),
        (r"maximum", N_("Beløbet er større end det højeste, der kan søges om i runden.")),
    )
)


def problem(found: GatewayProblem) -> str:
    """Say what a refusal means."""
    special = _SPECIAL.get(found.slug)
    if special:
        return special(found)
    if found.slug in PROBLEMS:
        return _(PROBLEMS[found.slug])
    return _(PROBLEMS[_BY_STATUS.get(found.status, "conflict")])


def field_error(detail: str) -> str:
    """Say what is wrong with a field. A Danish text of a service is used as it is."""
    for pattern, text in FIELDS:
        if pattern.search(detail):
            return _(text)
    if re.search(r"[æøåÆØÅ]", detail):
        return detail
    return _("Feltet kan ikke modtages, som det står. Ret det, og prøv igen.")


def _round_closed(found: GatewayProblem) -> str:
    closed_at = found.members.get("closed_at")
    if not closed_at:
        return _("Runden er lukket, så ansøgningen kunne ikke modtages.")
    return _(
        "Runden lukkede %(moment)s, så ansøgningen kunne ikke modtages. Kladden er gemt.",
        moment=formats.moment(str(closed_at)),
    )


def _frame_exceeded(found: GatewayProblem) -> str:
    remaining = found.members.get("remaining_ore")
    if not isinstance(remaining, int):
        return _("Beløbet går ud over rundens ramme.")
    return _(
        "Beløbet går ud over rundens ramme. Der er %(remaining)s tilbage at fordele.",
        remaining=formats.kroner(remaining),
    )


def _unanswered(found: GatewayProblem) -> str:
    count = len(found.members.get("response_ids") or ())
    return _(
        "Høringen kan ikke afsluttes endnu: %(count)s svar er ikke besvaret.",
        count=count or _("nogle"),
    )


def _not_delegated(found: GatewayProblem) -> str:
    reason = found.members.get("reason")
    if reason == "declined":
        return _("Foreningen har sagt nej til, at frivilligcentret retter for den.")
    if reason == "identity":
        return _("Navn og CVR-nummer kan kun foreningen selv og kommunen ændre.")
    return _("Frivilligcentret kan ikke rette: aftalen med kommunen gælder ikke i dag.")


_SPECIAL: Final[Mapping[str, Callable[[GatewayProblem], str]]] = {
    "round-closed": _round_closed,
    "frame-exceeded": _frame_exceeded,
    "unanswered-responses": _unanswered,
    "not-delegated": _not_delegated,
}
