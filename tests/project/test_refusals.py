"""Every refusal has a code of its own and a sentence in the reader's language."""

import datetime
import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib import import_module
from pkgutil import walk_packages

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.members.models import Membership
from accounts.members.services import RolesChanged
from accounts.people.closing import OnlyOwner
from accounts.rate_limits.services import TooOften
from accounts.teams.models import Team
from catalog.services.errors import CodeFixed, UnknownParameters
from common.floors import FLOORS
from common.refusals import Refused
from common.sheets.errors import OpenQuote, RowCutOff, SheetTooLarge, SheetTooLong
from enrolments.courses.places.services import CourseClosed, CourseFull, CourseOver
from enrolments.courses.services import CapacityBelowTaken, ShortNameTaken
from enrolments.joining.errors import JoinDomainRefused, JoinLinkEnded, TooManyPlaces
from enrolments.joining.models import JoinLink
from enrolments.people.detach import CourseRuns, SeatNotUsed
from enrolments.people.mail_again import AddressChanged, MailedJustNow, MailedOften
from enrolments.requests.errors import RequestAnswered
from enrolments.seats.give import TooFewFree
from enrolments.seats.move_terms import MovedTooLate
from enrolments.seats.moves import SeatConsumed, SeatFrozen, SeatMoved, SeatNotAssigned, SeatNotFree
from enrolments.seats.moving import AlreadyInCourse, CourseBeginsTooLate
from enrolments.seats.placing import CourseNotAllowed, RowsRefused
from enrolments.seats.replace import EnrolledAlready, SeatsRefused
from enrolments.seats.revoke import SeatsConsumed
from enrolments.teams.quota import SeatOfAnotherTeam, TeamFull
from enrolments.teams.services import TooFewSeats
from enrolments.waiting.errors import InCourseAlready, NothingToWaitFor
from handlers.faults import Fault, HookBroken
from shop.cart.services import QuantityChanged
from shop.checkout.errors import ProofNeeded
from shop.orders.giving_back.services import AmountBeyond
from shop.orders.hooks import ScriptBroken
from shop.payments.statements.read import AmountTooFine
from shop.payments.statements.tables import RowRefused
from tests.factories.accounts import CustomerAccountFactory
from tests.factories.enrolments import CourseFactory

NOW = timezone.now()

# Refusals that make their sentence of what they are about.
MADE: dict[type[Refused], Callable[[], Refused]] = {
    AddressChanged: lambda: AddressChanged("old@example.org", "new@example.org"),
    AmountTooFine: lambda: AmountTooFine(Decimal("0.005"), "EUR"),
    SheetTooLarge: SheetTooLarge,
    SheetTooLong: SheetTooLong,
    AlreadyInCourse: lambda: AlreadyInCourse(CourseFactory.build()),
    CapacityBelowTaken: lambda: CapacityBelowTaken(3),
    CodeFixed: lambda: CodeFixed("FIRST-AID", sold=True),
    CourseBeginsTooLate: lambda: CourseBeginsTooLate(CourseFactory.build(), NOW),
    CourseClosed: lambda: CourseClosed(CourseFactory.build()),
    CourseFull: lambda: CourseFull(CourseFactory.build()),
    CourseNotAllowed: lambda: CourseNotAllowed(CourseFactory.build()),
    CourseOver: lambda: CourseOver(CourseFactory.build()),
    JoinDomainRefused: lambda: JoinDomainRefused(["example.org"]),
    JoinLinkEnded: lambda: JoinLinkEnded(JoinLink(ends_at=NOW)),
    InCourseAlready: lambda: InCourseAlready(CourseFactory.build()),
    NothingToWaitFor: lambda: NothingToWaitFor(CourseFactory.build()),
    CourseRuns: lambda: CourseRuns(CourseFactory.build(), NOW),
    MailedJustNow: lambda: MailedJustNow(NOW, NOW + datetime.timedelta(minutes=10)),
    MovedTooLate: lambda: MovedTooLate(NOW.date()),
    MailedOften: lambda: MailedOften(3),
    ProofNeeded: lambda: ProofNeeded(CourseFactory.build(), 5),
    QuantityChanged: lambda: QuantityChanged(entry_name="First aid", now=3),
    RequestAnswered: lambda: RequestAnswered("declined", "Bob", NOW),
    EnrolledAlready: lambda: EnrolledAlready(CourseFactory.build(), NOW),
    SeatsRefused: lambda: SeatsRefused({1: SeatNotFree(None, NOW, "assigned")}),
    TooFewFree: lambda: TooFewFree(3),
    RowsRefused: lambda: RowsRefused({0: SeatNotFree(None, NOW, "assigned")}),
    OpenQuote: lambda: OpenQuote(7),
    RowCutOff: lambda: RowCutOff(7),
    RowRefused: lambda: RowRefused(7, "–"),
    OnlyOwner: lambda: OnlyOwner([CustomerAccountFactory.build()]),
    ScriptBroken: lambda: ScriptBroken(None, HookBroken(Fault("ext_x", "revoke", "ext_x/handler.py", 7, "Odd", "x"))),
    RolesChanged: lambda: RolesChanged(Membership(is_owner=True), ["is_buyer"]),
    SeatFrozen: lambda: SeatFrozen(None, None, ""),
    SeatConsumed: lambda: SeatConsumed(None, NOW, "consumed"),
    SeatMoved: lambda: SeatMoved(None, NOW, "revoked"),
    SeatNotAssigned: lambda: SeatNotAssigned(None, NOW, "available"),
    SeatNotUsed: lambda: SeatNotUsed(CourseFactory.build()),
    SeatNotFree: lambda: SeatNotFree(None, NOW, "assigned"),
    SeatsConsumed: lambda: SeatsConsumed(2),
    ShortNameTaken: lambda: ShortNameTaken("SEC-1"),
    SeatOfAnotherTeam: lambda: SeatOfAnotherTeam(Team(name="Nantes")),
    TeamFull: lambda: TeamFull(Team(name="Nantes", quota=3)),
    TooFewSeats: lambda: TooFewSeats(2),
    TooOften: lambda: TooOften("order", 3600),
    TooManyPlaces: lambda: TooManyPlaces(3),
    AmountBeyond: lambda: AmountBeyond(Decimal(1), "EUR"),
    UnknownParameters: lambda: UnknownParameters(["colour"]),
}
# Refusals that are given a sentence, or one for each field, by who raises them.
GIVEN = {"message", "errors"}
NOT_IMPORTED = re.compile(r"\.migrations\b|\.__main__$|^project\.(settings|wsgi|celery)\b")


def import_everything() -> None:
    for floor in FLOORS:
        package = import_module(floor)
        for module in walk_packages(package.__path__, f"{floor}."):
            if not NOT_IMPORTED.search(module.name):
                import_module(module.name)


def below(root: type[Refused]) -> Iterator[type[Refused]]:
    for kind in root.__subclasses__():
        if kind.__module__.split(".")[0] in FLOORS:
            yield kind
            yield from below(kind)


@pytest.fixture(scope="module")
def kinds() -> list[type[Refused]]:
    import_everything()
    return [Refused, *below(Refused)]


def said(refusal: Refused | type[Refused], language: str) -> str:
    with override(language):
        return str(refusal.message)


def test_are_found_on_every_floor(kinds):
    floors = {kind.__module__.split(".")[0] for kind in kinds}

    assert floors == set(FLOORS) - {"workbench", "project"}


def test_codes_are_stable_texts_of_one_kind_each(kinds):
    codes = Counter(kind.code for kind in kinds)

    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []
    assert [code for code, times in codes.items() if times > 1] == []


def test_a_code_comes_from_the_name_unless_the_class_says_another():
    class VATNumberTaken(Refused):
        message = "Taken."

    class Older(VATNumberTaken):
        code = "vat_taken"

    class Younger(Older):
        pass

    assert [kind.code for kind in (VATNumberTaken, Older, Younger)] == ["vat_number_taken", "vat_taken", "younger"]


def test_each_has_a_sentence_in_english_and_french_or_is_given_one(kinds):
    silent = []
    for kind in kinds:
        if hasattr(kind, "message"):
            found: Refused | type[Refused] = kind
        elif kind in MADE:
            found = MADE[kind]()
        elif GIVEN & inspect.signature(kind).parameters.keys():
            continue
        else:
            silent.append(kind.__name__)
            continue
        if not said(found, "en") or said(found, "en") == said(found, "fr"):
            silent.append(kind.__name__)

    assert silent == []


def test_none_is_raised_without_a_sentence():
    with pytest.raises(AttributeError):
        Refused()


def test_says_its_sentence_and_what_is_to_blame():
    refusal = Refused("No.", field="code")

    assert (str(refusal), refusal.field, refusal.code) == ("No.", "code", "refused")
    assert Refused("No.").field is None
