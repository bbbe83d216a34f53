"""A large vejviser of Danish text, the same in every run: what the search is measured on.

The words are Danish stems with the endings Danish has, and compounds of them; how often each is
used falls as in a language (Zipf). Names are compounds that few others have.
"""

import itertools
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import make_url

from chassis import config
from chassis.database import Database
from services.directory.app import service as directory
from tests.journeys.conftest import ROOT
from tests.support.servers import Postgres

SEED = 2026
HEADS = """
    besøg sprog lektie natur kaffe strik musik sang dans teater have fiskeri cykel vandre løb
    svømme brætspil skak bog film kreativ maler foto mad bage fælles nabo familie børne unge
    ældre senior mande kvinde far mor søskende sorg krise angst stress smerte kræft demens
    hjerte gigt diabetes syn høre bevægelse rygrad genoptræning job uddannelse økonomi gæld
    retshjælp bolig genbrug tøj cykelværksted it mobil computer telefon nat tryghed by landsby
    skov strand sø fjord kirke menighed idræt ride hunde katte dyre jul sommer påske weekend
    morgen aften onsdag
""".split()  # noqa: SIM905 - as text it can be read
TAILS = """
    ven venner hjælp café klub gruppe forening kreds netværk hus værksted tur tjeneste fest
    aften fællesskab samvær rådgivning støtte undervisning træning kor hold spisning lejr
    telefon vejledning møde samtale læsning leg oplevelse aktivitet indsats tilbud udflugt
    cirkel butik have kursus
""".split()  # noqa: SIM905 - as text it can be read
STEMS = """
    menneske frivillig borger hverdag time kop snak rum plads glæde tillid erfaring omsorg mod
    styrke arbejde opgave aftale ansvar deltager medlem bestyrelse kommune skole bibliotek
    plejehjem center lokale dør adresse uge måned år sted behov ønske problem spørgsmål svar vej
    liv krop sind hånd øje tanke følelse historie viden kunst spil regel pause luft lys mørke
    varme kulde forår efterår
""".split()  # noqa: SIM905 - as text it can be read
VERBS = """
    mødes taler hjælper støtter besøger spiser laver synger går cykler lærer læser skriver
    ringer lytter deler bygger planter rydder henter bringer inviterer samler skaber åbner
    lukker
""".split()  # noqa: SIM905 - as text it can be read
ENDINGS = ("", "en", "et", "er", "erne", "ene", "s")
SMALL = """
    og i vi en til er som på de med for at det den der har om ikke af eller fra hos
""".split()  # noqa: SIM905 - as text it can be read
TOWNS = """
    Aars Farsø Løgstør Aalestrup Ranum Hornum Gedsted Overlade Vegger Suldrup
""".split()  # noqa: SIM905 - as text it can be read
AREAS = ("aars", "farso", "logstor", "aalestrup", "ranum", "whole")
GROUPS = ("older", "children", "families", "lonely", "mental-health", "disability", "illness")
TOPICS = ("company", "visiting", "meals", "talking", "nature", "culture", "learning", "exercise")
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
PARTS = ("morning", "afternoon", "evening")
COUNT = """
INSERT INTO word (written, folded, document_count)
SELECT each, search_fold(each), count(*) FROM (
    SELECT unnest(tsvector_to_array(to_tsvector('simple', name || ' ' || body))) AS each
    FROM listing) AS words
WHERE length(each) BETWEEN 3 AND 40 GROUP BY each
"""


class Danish:
    """Makes words, texts and names."""

    def __init__(self, seed: int = SEED) -> None:
        self.random = random.Random(seed)
        compounds = [f"{head}{tail}" for head, tail in itertools.product(HEADS, TAILS)]
        plain = [*STEMS, *HEADS, *TAILS]
        words = [f"{word}{end}" for word in [*plain, *compounds] for end in ENDINGS] + VERBS
        self.random.shuffle(words)
        self.words = words
        self.weights = list(itertools.accumulate(1 / (rank + 8) for rank in range(len(words))))

    def text(self, count: int) -> str:
        """Write a text of so many words, about a third of them small ones."""
        large = self.random.choices(self.words, cum_weights=self.weights, k=count)
        small = self.random.choices(SMALL, k=count)
        pick = self.random.random
        return " ".join(one if pick() < 0.65 else other for one, other in zip(large, small))  # noqa: B905

    def name(self, number: int) -> str:
        """Name an association: a compound, a town, and what tells it from the others."""
        rare = f"{self.random.choice(HEADS)}{self.random.choice(HEADS)}{self.random.choice(TAILS)}"
        return f"{rare.capitalize()} {self.random.choice(TOWNS)} {number % 997}"


def filled(postgres: Postgres, count: int) -> Database:
    """Give the directory a database with so many associations, and half as many offers."""
    settings = config.load(
        directory.settings,
        {
            "DATABASE_URL": postgres.ensure_database(f"vejviser_{count}"),
            "AMQP_URL": "memory://",
            "PROFILE": str(ROOT / "profiles" / "vesthimmerland.toml"),
        },
    )
    directory.migrate(settings)
    address = make_url(settings.database_url).set(drivername="postgresql")
    plain = address.render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        # Words are counted afterwards, in one go.
        connection.execute("ALTER TABLE listing DISABLE TRIGGER count_words")
        connection.execute("DROP INDEX ix_listing_search")
        danish = Danish()
        with connection.cursor() as cursor:
            with cursor.copy(
                "COPY association (id, version, name, form, purpose, target_groups, area,"
                " volunteers_wanted, status, contact_person_id, registered_at) FROM STDIN"
            ) as copy:
                for row in _associations(danish, count):
                    copy.write_row(row)
            with cursor.copy(
                "COPY offer (id, version, association_id, title, description, target_groups,"
                " topics, area, times, occasions, languages, price_ore, takes_new_users,"
                " needs_volunteers, status, created_at, changed_at) FROM STDIN"
            ) as copy:
                for row in _offers(danish, count // 2):
                    copy.write_row(row)
        connection.execute(COUNT)
        connection.execute("ALTER TABLE listing ENABLE TRIGGER count_words")
        connection.execute("CREATE INDEX ix_listing_search ON listing USING gin (search)")
        connection.execute("VACUUM ANALYZE listing, word, association, offer")
    return directory.database(settings)


def _associations(danish: Danish, count: int) -> Iterator[tuple[Any, ...]]:
    choose = danish.random.choice
    for number in range(count):
        groups = danish.random.sample(GROUPS, danish.random.randint(1, 3))
        yield (
            UUID(int=number + 1),
            1,
            danish.name(number),
            "association",
            danish.text(60),
            groups,
            choose(AREAS),
            number % 4 == 0,
            "published",
            UUID(int=0),
            "2026-01-01",
        )


def _offers(danish: Danish, count: int) -> Iterator[tuple[Any, ...]]:
    choose = danish.random.choice
    for number in range(count):
        day, part = choose(DAYS), choose(PARTS)
        yield (
            UUID(int=number + 1, version=4),
            1,
            UUID(int=number + 1),
            f"{danish.text(2)} {number % 997}".capitalize(),
            danish.text(50),
            danish.random.sample(GROUPS, 2),
            danish.random.sample(TOPICS, 2),
            choose(AREAS),
            "[]",
            [day, part, f"{day}-{part}"],
            ["da"],
            choose((0, 0, 2500, None)),
            number % 3 > 0,
            number % 5 == 0,
            "published",
            "2026-01-01",
            "2026-01-01",
        )
