"""A round and its applications, walked through at random against a model of what must hold.

Whatever is tried in whatever order: what is allocated is the sum of what is granted and never
passes the frame, case numbers have no gaps, and a round that is decided has sent every letter once.
"""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.grants import DecisionMade, RoundDecided
from tests.component.grants.conftest import (
    APRIL,
    KR,
    OPENS,
    REASONS,
    application_body,
    asking,
    decide,
    id_of,
)

FRAME = 50_000 * KR
AMOUNTS = st.integers(1_000 * KR, 30_000 * KR)


@pytest.fixture
def world(announced, publish_association, member, committee, coordinator, clock, schedule, outbox):
    """Give what a walk needs, made anew for each walk."""
    return {
        "announced": announced,
        "publish": publish_association,
        "member": member,
        "committee": committee,
        "coordinator": coordinator,
        "clock": clock,
        "schedule": schedule,
        "outbox": outbox,
        # Numbers go on through all walks of a test: they share the year.
        "numbers": [],
    }


class Walk(RuleBasedStateMachine):
    """One round, from its announcement on, in a world that a test gives."""

    world: ClassVar[dict[str, Any]]
    cases = Bundle("cases")

    def __init__(self):
        super().__init__()
        self.world["clock"].set(OPENS - timedelta(days=1))
        self.world["outbox"].clear()
        self.round = self.world["announced"](frame_ore=FRAME)
        self.is_closed = self.is_decided = False
        self.association_id = self.world["publish"]()
        self.writer = self.world["member"](self.association_id)
        self.waiting: dict[str, int] = {}
        self.granted: dict[str, int] = {}
        self.decisions: dict[str, str] = {}
        self.world["clock"].set(OPENS)
        self.world["schedule"]()

    @initialize(target=cases, amounts=st.lists(AMOUNTS, min_size=2, max_size=4))
    def begin(self, amounts):
        return multiple(*[self.hand_in(amount) for amount in amounts])

    @precondition(lambda self: not self.is_closed)
    @rule(target=cases, amount=AMOUNTS)
    def hand_in_one(self, amount):
        return self.hand_in(amount)

    def hand_in(self, amount):
        path = f"/api/v1/applications/{uuid4()}"
        body = application_body(self.round, self.association_id, **asking(amount))
        assert self.writer.put(path, json=body).status_code == 201
        answer = self.writer.post(f"{path}/submission")
        assert answer.status_code == 200, answer.json
        self.world["numbers"].append(answer.json["case_number"])
        self.waiting[path] = amount
        return path

    @rule(case=cases)
    def withdraw(self, case):
        answer = self.writer.post(f"{case}/withdrawal")
        if case in self.waiting and not self.is_decided:
            assert answer.status_code == 200, answer.json
            del self.waiting[case]
            self.granted.pop(case, None)
            self.decisions.pop(case, None)
        else:
            assert answer.status_code in {200, 409}, answer.json

    @rule(case=cases, amount=st.integers(0, 31_000 * KR), reasoned=st.booleans())
    def grant_one(self, case, amount, reasoned):
        self.grant(case, amount, reasoned)

    def grant(self, case, amount, reasoned):
        reasons = REASONS if reasoned else None
        if case in self.decisions:
            body = {"application_id": id_of(case), "granted_ore": amount, "reasons": reasons}
            answer = self.world["committee"].put(self.decisions[case], json=body)
        else:
            answer = decide(self.world["committee"], case, amount, reasons=reasons)
        others = sum(self.granted.values()) - self.granted.get(case, 0)
        allowed = (
            case in self.waiting
            and self.is_closed
            and not self.is_decided
            and amount <= self.waiting[case]
            and others + amount <= FRAME
        )
        assert (answer.status_code in {200, 201}) is allowed, answer.json
        if allowed:
            self.granted[case] = amount
            self.decisions[case] = f"/api/v1/decisions/{answer.json['id']}"

    @precondition(lambda self: self.is_closed and not self.is_decided)
    @rule(reasoned=st.booleans())
    def grant_the_rest(self, reasoned):
        for case, amount in self.waiting.items():
            if case not in self.decisions:
                self.grant(case, min(amount, FRAME - sum(self.granted.values())), reasoned)

    @precondition(lambda self: not self.is_closed)
    @rule()
    def deadline_passes(self):
        self.world["clock"].set(APRIL)
        self.world["schedule"]()
        self.is_closed = True

    @precondition(lambda self: self.is_closed and self.granted)
    @rule()
    def finalise(self):
        answer = self.world["committee"].post(f"{self.round}/decision")
        if self.is_decided:
            assert answer.status_code == 200
            return
        shown = self.world["committee"].get("/api/v1/decisions?limit=200").json["items"]
        reasons = {each["application_id"]: each["reasons"] for each in shown}
        sendable = all(
            case in self.granted and (self.granted[case] == amount or reasons[id_of(case)]["rules"])
            for case, amount in self.waiting.items()
        )
        assert (answer.status_code == 200) is sendable, answer.json
        self.is_decided = answer.status_code == 200

    @invariant()
    def the_frame_holds_to_the_ore(self):
        shown = self.world["coordinator"].get(self.round).json
        assert shown["allocated_ore"] == sum(self.granted.values()) <= FRAME
        assert shown["applied_ore"] == sum(self.waiting.values())
        assert shown["application_count"] == len(self.waiting)

    def teardown(self):
        assert self.world["numbers"] == [
            f"2024-{number:04d}" for number in range(1, len(self.world["numbers"]) + 1)
        ]
        letters = self.world["outbox"].of(DecisionMade)
        told = self.world["outbox"].of(RoundDecided)
        if not self.is_decided:
            assert (letters, told) == ([], [])
            return
        sent = {str(each.application_id): each.granted_ore for each in letters}
        assert len(letters) == len(sent)
        assert sent == {id_of(case): ore for case, ore in self.granted.items()}
        assert [each.awarded_ore for each in told] == [sum(sent.values())]


@pytest.mark.timeout(300)
def test_walks_at_random_keep_every_promise(world):
    run_state_machine_as_test(
        type("Here", (Walk,), {"world": world}),
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
