"""People at work while a test changes what serves them, and the count of what came of it."""

import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import urllib3

from chassis import clock
from embedded.actors import AWAY
from tests.deploy.stack import PAGE, SERVICES
from tests.support.eventually import eventually

RECEIVED = "har modtaget jeres tilmelding"
PUBLISHED = "er nu med i vejviseren"
# Two cores carry the containers and whoever works with them: all of them busy, none of them stuck.
PAUSE_SECONDS = 0.4


class Applicants:
    """Made-up associations of one test alone, each with one contact."""

    def __init__(self, stack, like):
        self._stack = stack
        self._like = like
        self.word = uuid4().hex[:8]
        self.ids = []

    def __len__(self):
        return len(self.ids)

    def email(self, number):
        return f"kontakt-{self.word}-{number}@example.org"

    def name(self, number):
        return f"Foreningen {self.word} nr. {number}"

    def body(self, number):
        """Return what the next association writes when it registers."""
        contact = {"name": f"Kontakt Nummer {number}", "email": self.email(number)}
        body = {**self._like.registration, "name": self.name(number), "contact": contact}
        return body | {"cvr": None, "form": "group"}

    def add(self):
        """Think of one more; return its number."""
        self.ids.append(str(uuid4()))
        return len(self.ids) - 1

    def register(self, count):
        """Register so many more, several at a time."""

        def one(number):
            path = f"/api/v1/associations/{self.ids[number]}"
            self._stack.town.call("PUT", path, self.body(number))

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(one, [self.add() for _ in range(count)]))

    def approve(self, coordinator):
        """Approve all."""
        coordinator.sign_in()
        with ThreadPoolExecutor(6) as pool:
            done = pool.map(
                lambda id_: coordinator.post(f"/api/v1/associations/{id_}/approval"), self.ids
            )
            assert len(list(done)) == len(self)

    def mails(self, subject=""):
        """Return the mails to these contacts whose subject matches."""
        return [
            mail
            for mail in self._stack.town.envelopes()
            if f"-{self.word}-" in mail[1] and re.search(subject, mail[2])
        ]

    def require_each_once(self, *subjects):
        """Each contact has exactly one mail of each of these kinds, and no mail came twice."""
        for subject in subjects:
            found = Counter(recipient for _, recipient, _ in self.mails(subject))
            missing = {self.email(number) for number in range(len(self))} - found.keys()
            assert not missing, f"{subject}: {len(missing)} of {len(self)} without a mail"
            assert set(found.values()) <= {1}, f"{subject}: {found.most_common(3)}"
        ids = [mail[0] for mail in self.mails()]
        assert len(ids) == len(set(ids))


class Visitors:
    """People who register associations, approve them and look, one request after the other.

    With ``repeats`` whoever is not answered presses the button again, until it is answered;
    without, nothing is asked twice. ``failures`` holds what failed.
    """

    def __init__(self, stack, like, coordinator, *, repeats, count=3, http=None):
        self.made = Applicants(stack, like)
        self.answered = Counter()
        self.failures = []
        self.seconds = []
        self._stack = stack
        self._coordinator = coordinator
        self._repeats = repeats
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(count)]
        # As browsers do: a connection is kept, and one that was closed meanwhile is made anew.
        self._http = http or urllib3.PoolManager(maxsize=count, timeout=30, retries=False)

    def __enter__(self):
        self._coordinator.sign_in()
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        self.lasted = time.monotonic() - self._started

    def told(self):
        """Say how much was asked, and how it was answered."""
        slowest = max(self.seconds)
        return (
            f"{sum(self.answered.values())} requests in {self.lasted:.0f} s"
            f" ({self.answered['registered']} registered, {self.answered['approved']} approved),"
            f" {len(self.failures)} failed, the slowest took {slowest:.1f} s"
        )

    def require_all_answered(self):
        """Nobody was refused or left without an answer."""
        kinds = Counter((what, status, str(said)[:80]) for what, status, said, _ in self.failures)
        moments = Counter(f"{what} {moment}" for what, _, _, moment in self.failures)
        assert not kinds, (kinds.most_common(8), dict(moments))

    def _work(self):
        while not self._is_over.wait(PAUSE_SECONDS):
            with self._lock:
                number = self.made.add()
            path = f"/api/v1/associations/{self.made.ids[number]}"
            if self._ask("registered", "PUT", path, self.made.body(number)):
                self._ask("looked", "GET", "/api/v1/associations?limit=5")
                self._ask("approved", "POST", f"{path}/approval", {}, token=True)
            self._ask("page", "GET", f"{self._stack.portal_url}{PAGE}")

    def _ask(self, what, method, path, body=None, *, token=False):
        """Ask, and ask again where that is how it goes; return whether it was answered."""
        url = path if path.startswith("http") else self._stack.town.url + path
        while True:
            headers = {"Authorization": f"Bearer {self._coordinator.token}"} if token else {}
            sent = {} if body is None else {"json": body}
            started = time.monotonic()
            try:
                answer = self._http.request(method, url, headers=headers, **sent)
                status, said = answer.status, answer.data[:200]
            except urllib3.exceptions.HTTPError as error:
                status, said = 0, repr(error)[:200]
            self.seconds.append(time.monotonic() - started)
            if status == 401:
                self._sign_in_again(headers)
                continue
            if 200 <= status < 400:
                with self._lock:
                    self.answered[what] += 1
                return True
            moment = f"after {time.monotonic() - self._started:.0f} s"
            self.failures.append((what, status, said, moment))
            if not self._repeats:
                return False
            assert not status or status in AWAY, self.failures[-1]
            time.sleep(PAUSE_SECONDS)

    def _sign_in_again(self, headers):
        """Get another token, once for all who found that the last one has run out."""
        with self._lock:
            if headers["Authorization"].endswith(self._coordinator.token):
                self._coordinator.sign_in()


def announce(coordinator, title, *, opens_in=timedelta(days=1)):
    """Announce a round, which is a mail to every contact; return its id."""
    programme = coordinator.pages("/api/v1/programmes")[0]
    id_ = str(uuid4())
    today = clock.now()
    coordinator.put(
        f"/api/v1/rounds/{id_}",
        {
            "programme_id": programme["id"],
            "title": title,
            "frame_ore": 72_630_700,
            "opens_at": (today + opens_in).isoformat(),
            "closes_at": (today + timedelta(days=28)).isoformat(),
            "council_on": (today + timedelta(days=47)).date().isoformat(),
            "committee_on": (today + timedelta(days=54)).date().isoformat(),
            "report_on": (today + timedelta(days=430)).date().isoformat(),
        },
    )
    coordinator.post(f"/api/v1/rounds/{id_}/announcement")
    return id_


def settle_uncertain(stack, coordinator):
    """Do what a coordinator does about mails of which nobody knows whether they left.

    Whoever has it confirms it, and whoever has not gets it again. Return how many there were.
    """
    taken = {mail[0].split("@")[0] for mail in stack.town.envelopes()}
    found = coordinator.pages("/api/v1/deliveries", status="uncertain")
    for each in found:
        deed = "confirmation" if each["id"] in taken else "resending"
        coordinator.post(f"/api/v1/deliveries/{each['id']}/{deed}")
    return len(found)


def require_effects(stack, visitors, coordinator):
    """Whatever was registered and approved is everywhere, once, and nothing is left over.

    Return how many mails were uncertain, and were settled by hand.
    """
    made = visitors.made
    ids = ", ".join(f"'{id_}'" for id_ in made.ids)
    uncertain = []

    def is_settled():
        uncertain.append(settle_uncertain(stack, coordinator))
        for service in SERVICES:
            waiting = "SELECT count(*) FROM event_log WHERE published_at IS NULL"
            assert stack.number(service, waiting) == 0, f"{service}: the outbox is not empty"
            left = "SELECT count(*) FROM inbox WHERE settled_at IS NULL OR status = 'dead'"
            assert stack.number(service, left) == 0, stack.rows(
                service, "SELECT status, type, count(*), min(error) FROM inbox GROUP BY 1, 2"
            )
        for service, table in (("grants", "applicant"), ("notifier", "association")):
            found = stack.number(service, f"SELECT count(*) FROM {table} WHERE id IN ({ids})")
            assert found == len(made), f"{service}: {found} of {len(made)}"
        waiting = "SELECT count(*) FROM delivery WHERE status NOT IN ('sent', 'suppressed')"
        assert stack.number("notifier", waiting) == 0

    eventually(is_settled, within=300, every=2)
    published = "SELECT count(*) FROM association WHERE status = 'published' AND id IN ({})"
    assert stack.number("directory", published.format(ids)) == len(made)
    subjects = ", ".join(f"'association/{id_}'" for id_ in made.ids)
    for what in ("registered", "published"):
        said = (
            "SELECT count(*), count(DISTINCT subject) FROM event_log"
            f" WHERE subject IN ({subjects}) AND type = 'directory.association.{what}.v1'"
        )
        assert stack.rows("directory", said) == [[str(len(made))] * 2], what
    made.require_each_once(RECEIVED, PUBLISHED)
    return sum(uncertain)
