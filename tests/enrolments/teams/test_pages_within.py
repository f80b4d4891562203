"""Every page of the account area, every file, feed and mail, as an operator limited to a part of the account gets it:
nothing beyond the part is on it."""

import io
import itertools

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.members.current import rights_asked
from accounts.members.models import Membership
from accounts.members.notices.digest import tidings_for
from accounts.members.parts import Part
from accounts.members.rights import Right
from accounts.people.models import User
from enrolments.calendar.links import make_link as make_calendar_link
from enrolments.calendar.links import token_of
from enrolments.lists.drafts import make_list
from enrolments.reminders.services import remind_operators
from enrolments.requests.services import ask_for_course, decline_request
from enrolments.runs.running import start_run
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.many import Act, fingerprint_of, look_at
from enrolments.seats.models import Seat
from enrolments.seats.selectors import seats_of
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import ENTRY, days
from tests.enrolments.joining.given import given_link
from tests.enrolments.lists.given import people
from tests.enrolments.teams.given import World
from tests.factories.enrolments import CourseFactory
from tests.matrix.urlconf import addresses

pytestmark = pytest.mark.django_db

# Open to every member.
OF_EVERY_MEMBER = {"account-overview", "account-notices", "account-leave"}
# Closed, with the reason.
BY_ROLE = "By another right than that of the desk: an operator who has it by another role sees what that role shows."
DECIDES = "Decides what belongs to the parts: whoever is limited to one does not."
WHOLE = "Concerns all that the account has of a person, seen or not."
CLOSED = {
    "account-details": BY_ROLE,
    "account-members": BY_ROLE,
    "account-member": BY_ROLE,
    "account-member-remove": BY_ROLE,
    "account-member-transfer": BY_ROLE,
    "account-member-withdraw": BY_ROLE,
    "account-member-limits": BY_ROLE,
    "account-history": BY_ROLE,
    "account-orders": BY_ROLE,
    "account-money": BY_ROLE,
    "account-documents": BY_ROLE,
    "account-documents-zip": BY_ROLE,
    "account-renew": BY_ROLE,
    "account-teams": DECIDES,
    "account-team": DECIDES,
    "account-team-seats": DECIDES,
    "account-team-remove": DECIDES,
    "account-people-team": DECIDES,
    "account-person-detach": WHOLE,
    "account-from-list": BY_ROLE,
    "account-waiting": "An account waits with seats that are any of its own.",
}
KINDS = pytest.mark.parametrize("kind", ["teams", "orders", "courses"])
# What the address asks for beside its path, where that changes the rows shown.
ASKED = {
    "account-seats": ["", "?state=assigned", "?state=available"],
    "account-seats-many": [f"?act={act}&which=all" for act in ("release", "invite", "move")],
    "account-people-many": [f"?act={act}&which=all" for act in ("release", "invite", "move")],
    "account-people": ["", "?sort=name", "?sort=mail", "?q=example"],
    "account-endings": ["", "?what=qualification", "?when=over"],
    "account-endings-export": ["", "?what=qualification"],
    "account-requests": ["", "?state=declined", "?state=placed"],
}
# Courses are public: a page that offers courses for a seat names others than those of the part.
OFFER_COURSES = {
    "account-seat", "account-seat-move", "account-seats-many", "account-people-many", "account-list-new",
    "account-join-link-new", "account-seat-release", "account-seat-replace",
}  # fmt: skip


class Everything(World):
    """The account of `World` with requests, join links and lists within the part, and beyond it."""

    def __init__(self):
        super().__init__()
        now = timezone.now()
        self.ann, self.zoe = (User.objects.get(email=f"{name}@example.org") for name in ("ann", "zoe"))
        self.membership.created_at = now - days(100)
        self.membership.save()
        SeatBatch.objects.filter(source="pack").update(valid_until=now + days(20))
        self.requests = {
            True: self.asks(self.ann, self.safety, "May I?", now),
            False: self.asks(self.zoe, self.first_aid, "Beyond", now),
        }
        declined = self.asks(self.zoe, CourseFactory(name_en="First aid II"), "Beyond", now)
        decline_request(
            account=self.account, request_id=declined.pk, operator=self.alice, words="Beyond", language="en", now=now
        )
        self.links = {
            True: self._link(self.session_inside, now), False: self._link(self.session_outside, now),
        }  # fmt: skip
        self.lists = {
            True: self._list(self.bob, "ben@example.org", now), False: self._list(self.alice, "zac@example.org", now),
        }  # fmt: skip

    def limit_to(self, kind):
        """Limit Bob, who then begins an act on many of their seats; Alice has begun one on all."""
        super().limit_to(kind)
        self.runs = {
            True: self._run(self.bob, [self.inside[0]], Part.of(Membership.objects.get(pk=self.membership.pk))),
            False: self._run(self.alice, [self.inside[0], self.outside[0]], None),
        }

    def _run(self, operator, seats, part):
        now = timezone.now()
        shown = seats_of(self.account).filter(pk__in=[seat.pk for seat in seats])
        acted = {"account": self.account, "act": Act.INVITE, "seats": list(shown), "to": None, "part": part, "now": now}
        seen = fingerprint_of(Act.INVITE, None, look_at(**acted))
        return start_run(**acted, seen=seen, actor=operator, language="en")

    def asks(self, person, course, words, now):
        return ask_for_course(account=self.account, person=person, course=course, words=words, language="en", now=now)

    def _link(self, group, now):
        return given_link(group.session_batches.get(), self.alice, now=now)

    def _list(self, operator, email, now):
        return make_list(
            account=self.account, operator=operator, rows=people(email), entry_code=ENTRY.code, course=self.safety,
            language="en", now=now,
        )  # fmt: skip

    def values(self, *, inside):
        """Return what may stand in the addresses, by the name of the parameter."""
        person = "ann@example.org" if inside else "zoe@example.org"
        seats = self.inside if inside else self.outside
        session = self.session_inside if inside else self.session_outside
        blank = Seat.objects.filter(batch__group=session).first()
        return {
            "number": [self.account.pk],
            "seat_id": [seats[0].pk, seats[1].pk, blank.pk],
            "delegation_id": [self.delegation(person).pk],
            "session_id": [session.pk],
            "request_id": [self.requests[inside].pk],
            "link_id": [self.links[inside].pk],
            "list_id": [self.lists[inside].pk],
            "run_id": [self.runs[inside].pk],
            "line": [2],
            "kind": ["csv", "xlsx"],
            "form": ["pdf"],
            "code": [ENTRY.code],
        }

    def marks(self):
        """Return texts that stand for what is beyond the part."""
        return {
            "zoe@example.org", "zac@example.org", "Brest", "Beyond", self.outside[0].batch.order_number,
            self.session_outside.name, "First aid",
        }  # fmt: skip


@pytest.fixture
def world():
    return Everything()


@pytest.fixture
def client(world):
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.bob)
    return client


def desk():
    """Return the addresses of the account area that a limited operator may open, but for their own of the person."""
    found = {}
    for address in addresses():
        rights = rights_asked(address.view)
        if rights is not None and (Right.WORK_IN_PART in rights or address.name in OF_EVERY_MEMBER):
            found[address.name] = address
    return found


def urls(address, values):
    names = sorted(address.parameters)
    for chosen in itertools.product(*(values[name] for name in names)):
        yield reverse(address.name, kwargs=dict(zip(names, chosen, strict=True)))


def text_of(answer):
    content = answer.getvalue()
    if not content.startswith(b"PK"):
        return content.decode()
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return "\n".join(str(row) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python())


def test_every_address_is_narrowed_or_closed_for_a_reason():
    of_accounts = {address.name for address in addresses() if rights_asked(address.view) is not None}

    assert of_accounts - set(desk()) == set(CLOSED)
    assert all(CLOSED.values())


@KINDS
def test_closed_pages_do_not_exist(world, client, kind):
    world.limit_to(kind)
    numbers = {"membership_id": [world.membership.pk], "team_id": [world.nantes.pk], "invitation_id": [1]}

    for address in addresses():
        if address.name in CLOSED:
            for url in urls(address, world.values(inside=True) | numbers):
                assert client.get(url).status_code in (404, 405), url
                assert client.post(url).status_code in (404, 405), url


@KINDS
def test_nothing_beyond_the_part_is_on_any_page_or_file(world, client, kind):
    world.limit_to(kind)
    seen = set()

    for name, address in desk().items():
        for url in urls(address, world.values(inside=True)):
            for asked in ASKED.get(name, [""]):
                answer = client.get(url + asked)
                assert answer.status_code in (200, 302, 404, 405), url
                if answer.status_code != 200:
                    continue
                seen.add(name)
                marks = world.marks() - ({"First aid"} if name in OFFER_COURSES and kind != "courses" else set())
                found = {mark for mark in marks if mark in text_of(answer)}
                assert not found, (url + asked, found)

    hidden = {
        "teams": {"account-session", "account-join-link"},
        "orders": {"account-session", "account-join-link"},
        "courses": set(),
    }
    by_post = {
        "account-seat-release", "account-person-mail", "account-list-judge", "account-list-start",
        "account-list-discard", "account-join-link-revoke",
        "account-join-link-code", "account-join-link-codes", "account-calendar-link", "account-people-chosen",
    }  # fmt: skip
    assert set(desk()) - seen - by_post == hidden[kind]


@KINDS
def test_what_is_beyond_the_part_does_not_exist(world, client, kind):
    world.limit_to(kind)
    values = world.values(inside=False)

    for address in desk().values():
        if not address.parameters & (values.keys() - {"number", "line", "kind", "form", "code"}):
            continue
        for url in urls(address, values):
            assert client.get(url).status_code in (404, 405), url
            assert client.post(url).status_code in (404, 405), url


@KINDS
def test_nothing_beyond_the_part_is_in_the_feed(world, client, kind):
    world.limit_to(kind)
    link = make_calendar_link(person=world.bob, account=world.account, shown=0, now=timezone.now())

    answer = client.get(reverse("calendar-feed", args=[token_of(link)]))

    assert answer.status_code == 200
    assert not {mark for mark in world.marks() if mark in text_of(answer)}


@KINDS
def test_nothing_beyond_the_part_is_in_a_mail(world, kind):
    """The weekly summary, the reminders of seats that end, and the requests that come in."""
    world.limit_to(kind)
    member = Membership.objects.get(pk=world.membership.pk)
    now = timezone.now()
    Mail.objects.all().delete()
    world.asks(world.ann, CourseFactory(name_en="Cranes"), "May I too?", now)
    world.asks(world.zoe, CourseFactory(name_en="First aid III"), "Beyond", now)

    told = [each.text for each in tidings_for(member, now=now).waiting]
    told += [each.text for section in tidings_for(member, now=now).sections for each in section.things]
    remind_operators(now=now)
    told += [render_mail(mail, blank_secrets=False).text for mail in Mail.objects.filter(recipient=world.bob.email)]

    assert any("May I too?" in text for text in told)
    assert len(Mail.objects.filter(recipient=world.bob.email, kind="seats_reminder")) == 1
    assert not {mark for mark in world.marks() for text in told if mark in text}
