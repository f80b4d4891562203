"""Sequences that reach every step of the machine, and the steps that they and planted faults are made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from enrolments.seats.many import Act

Step = tuple[str, dict[str, Any]]


def buy(who: str, index: int, number: int = 1, *participants: tuple[str, str], email: str = "alice") -> Step:
    return (
        "buy",
        {"who": who, "index": index, "number": number, "participants": list(participants), "email": email},
    )


def money(what: str, n: int = 0) -> Step:
    return "money_talks", {"what": what, "n": n}


def fail(mood: str, times: int = 1) -> Step:
    return "fail", {"mood": mood, "times": times}


def assign(who: str, n: int = 0) -> Step:
    return "assign", {"n": n, "odd": "", "who": who, "course": 0, "by": 0, "as_tutor": False}


def confirm(*, differs: bool = False) -> Step:
    return (
        "confirm",
        {"n": 0, "any_order": False, "differs": differs, "is_what_arrived": differs, "reference": f"VIR {differs}"},
    )


def change(what: str, n: int = 0, m: int = 0, who: str = "quentin") -> Step:
    return "merchant_changes", {"what": what, "n": n, "m": m, "who": who}


BUY_SEATS, BUY_A_SESSION = buy("alice", 0, 2), buy("alice", 2, 2, ("nina", "student"))
SETTLE: Step = ("settle", {"n": 0})
DELIVER: Step = ("fulfil", {"limit": 4})
RELEASE: Step = ("release", {"n": 0, "any_seat": False, "is_own": True})
EXPIRE: Step = ("expire", {"n": 0})
LATE_MONEY: Step = ("late_money", {"n": 0})
ALL_OF_IT: dict[str, Any] = {"n": 0, "any_order": False, "first": 0, "number": 1, "whole": True, "yes": True}
GIVE_BACK: Step = ("give_back", ALL_OF_IT | {"money": True})
PAY_BACK: Step = ("pay_back", {"n": 1})
GIVE_BACK_FOR_NOTHING: Step = ("give_back", ALL_OF_IT | {"money": False})
SEATS = (BUY_SEATS, SETTLE, DELIVER)

REPLACE: Step = ("replace", {"n": 0, "who": "pia", "by": 0})
LAPSE: Step = ("lapse", {"n": 0})
JOIN: Step = ("join_by_link", {"n": 0, "by": 0, "who": "nina", "course": 1})
ASK: Step = ("request_placed", {"n": 0, "by": 0, "who": 0, "course": 0})
CORRECT: Step = ("correct_address", {"n": 0})


def act_on_many(act: Act, where: int = 0) -> Step:
    return "act_on_many", {"n": 0, "by": 0, "act": act, "where": where}


def place_a_list(*who: str, course: int = 1) -> Step:
    return "place_a_list", {"n": 0, "by": 0, "who": list(who), "course": course, "mode": "all"}


# A pack filled, moved and emptied in every way of the desk.
AT_THE_DESK: tuple[Step, ...] = (
    buy("alice", 0, 2),
    ("settle", {"n": -1}),
    DELIVER,
    place_a_list("nina", "omar"),
    ASK,
    CORRECT,
    act_on_many(Act.INVITE),
    act_on_many(Act.MOVE, where=0),
    REPLACE,
    LAPSE,
    JOIN,
    act_on_many(Act.RELEASE),
)

WITHOUT_PLACES: tuple[Step, ...] = (
    buy("visitor", 6, email="pia"),
    ("change_method", {"n": -1, "any_order": False, "method": "transfer"}),
    ("wait_unproved", {"n": -1}),
)

# Every step of the machine once, so that no rule is left unreached.
TOUR: tuple[Step, ...] = (
    ("add", {"who": "alice", "index": 0, "number": 2}),
    ("change_quantity", {"n": 0, "number": 1}),
    ("add", {"who": "alice", "index": 8, "number": 1}),
    ("remove", {"n": 1}),
    ("place", {"n": 0, "email": "alice", "new_account": False, "is_stale": False, "bob_operates": True}),
    ("place_again", {}),
    ("change_method", {"n": 0, "any_order": False, "method": "transfer"}),
    *(money(what) for what in ("wrong", "decline", "after all", "again", "no more", "second")),
    fail("refuses"),
    ("retry", {"n": 0, "any_line": False}),
    fail("trouble", 9),
    ("retry_a_job", {"n": 0, "any_job": False}),
    fail("crash"),
    DELIVER,
    assign("nina"),
    assign("nina"),
    RELEASE,
    assign("omar"),
    ("move", {"n": 0, "where": 1, "to_session": False, "is_own": True}),
    ("enter", {"n": 0, "again": False}),
    ("add", {"who": "carol", "index": 2, "number": 2}),
    ("answer_unit_forms", {"n": 0, "participants": [("pia", "student")]}),
    buy("visitor", 2, email="carol"),
    SETTLE,
    DELIVER,
    ("claim", {"n": 0, "is_theirs": True}),
    ("move_claimed", {"n": 0}),
    assign("pia", n=2),
    ("expire_a_seat", {"n": 0}),
    GIVE_BACK,  # a seat in use, and two that have expired
    PAY_BACK,
    GIVE_BACK,  # one that is assigned
    PAY_BACK,
    buy("alice", 1),
    ("begin_card", {"n": 0, "choice": "succeed"}),
    ("return_from_card", {"n": 0}),
    DELIVER,
    GIVE_BACK,  # one that is free
    PAY_BACK,
    buy("alice", 3),
    confirm(differs=True),
    confirm(),
    GIVE_BACK,  # before the delivery
    PAY_BACK,
    buy("alice", 1),
    SETTLE,
    DELIVER,
    GIVE_BACK_FOR_NOTHING,
    buy("alice", 3),
    EXPIRE,
    LATE_MONEY,
    buy("alice", 3),
    ("cancel", {"n": 0, "any_order": False}),
    LATE_MONEY,
    *(change(what) for what in ("enrol", "end", "entry", "course")),
    buy("alice", 3, 2),
    EXPIRE,
    buy("carol", 2, 2),
    LATE_MONEY,  # too late: two of the four places went to the last two orders, two to Carol
    ("cancel", {"n": 0, "any_order": False}),
    LATE_MONEY,  # places are free again
    *WITHOUT_PLACES,
    ("prove", {"n": -1}),
    *WITHOUT_PLACES,
    ("settle", {"n": -1}),  # money takes the places again
    ("time_passes", {"pause": timedelta(minutes=20)}),
    ("send_mails", {"limit": 3}),
)


def extend(*picks: int, who: str = "alice", is_paid: bool = True) -> Step:
    return "extend", {"who": who, "picks": list(picks), "of_others": False, "is_paid": is_paid}


def give_away(n: int, to: int, number: int = 1) -> Step:
    return "give_away", {"n": n, "to": to, "number": number}


def wait_alone(who: str, *, is_freed: bool = False) -> Step:
    return "wait_alone", {"n": 0, "who": who, "is_freed": is_freed}


def wait_for_seats(places: int) -> Step:
    return "wait_for_seats", {"n": 0, "by": 0, "places": places, "is_freed": False}


def take_offer(who: str) -> Step:
    return "take_offer", {"n": 0, "seat": 0, "who": who, "by": 0}


def give_back(n: int) -> Step:
    return "give_back", {**ALL_OF_IT, "n": n, "money": True}


SETTLE_LAST: Step = ("settle", {"n": -1})
A_PACK: tuple[Step, ...] = (buy("alice", 0), SETTLE_LAST, DELIVER)
A_SHORT_ACCESS: tuple[Step, ...] = (buy("alice", 1), SETTLE_LAST, DELIVER, assign("nina"))
LATER: Step = ("time_passes", {"pause": timedelta(days=20)})
TO_CAROL, TO_ALICE = give_away(0, to=1), give_away(-1, to=0)

# Days bought for people and for free seats, running and over, and given back.
MORE_TIME: tuple[Step, ...] = (
    *A_SHORT_ACCESS,
    extend(0, 0),
    LATER,
    extend(0),
    give_back(-1),
    *A_PACK,
    extend(1),
    LATER,
    extend(1, 1, 2),
    give_back(-1),
)

# Seats given away and back, used by the receiver, and taken back by a refund of the order that paid.
GIVEN_AWAY: tuple[Step, ...] = (*A_PACK, TO_CAROL, TO_ALICE, TO_CAROL, assign("nina", n=2), give_back(-1))

FILL_A_COURSE: tuple[Step, ...] = (change("course", m=2), change("enrol"), change("enrol", who="omar"))
A_PLACE_IS_FREE: Step = change("end")
WAIT_ALONE = wait_alone("carol")
OFFER: Step = ("offer", {})
LEAVE: Step = ("decline", {"n": 0, "by": 0})
LET_OFFER_LAPSE: Step = ("let_offer_lapse", {"n": 0})

OFFERED: tuple[Step, ...] = (*A_PACK, *FILL_A_COURSE, wait_for_seats(2), WAIT_ALONE, A_PLACE_IS_FREE, OFFER)

# A full course, offered in turn to an account and to people, in every way that an offer ends.
WAITED_FOR: tuple[Step, ...] = (
    *A_PACK,
    *FILL_A_COURSE,
    WAIT_ALONE,
    LEAVE,
    wait_for_seats(2),
    WAIT_ALONE,
    A_PLACE_IS_FREE,
    OFFER,
    take_offer("nina"),
    A_PLACE_IS_FREE,
    OFFER,
    LET_OFFER_LAPSE,
    take_offer("pia"),
    wait_alone("bob", is_freed=True),
    LEAVE,
)

AFTER_THE_SALE = (MORE_TIME, GIVEN_AWAY, WAITED_FOR)
