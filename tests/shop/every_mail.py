"""One mail of every kind there is, each queued by the service that causes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from accounts.links.renewal import mail_new_link
from accounts.members.models import Membership
from accounts.members.notices.digest import queue_digests
from accounts.members.services import invite_member
from accounts.people.models import User
from accounts.privacy.requests import ask_for_erasure
from accounts.security_log.alarms import raise_alarms
from accounts.sign_in.mails import ALLAUTH_MAILS, queue_allauth_mail
from enrolments.grounds.models import Ground
from enrolments.overview.thresholds import tell_used_up
from enrolments.people.mail_again import mail_again
from enrolments.reminders.services import remind_learners, remind_operators
from enrolments.requests.services import ask_for_course, decline_request
from enrolments.seats.give import give_seats
from enrolments.seats.lapse import lapse_seats
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from enrolments.waiting.services import offer_free_places
from handlers.ext_paperdiploma.example import diplomas
from outbox.mails.kinds import MAIL_KINDS
from outbox.mails.models import Mail
from shop.more.bought import Bought
from shop.more.services import ask_buyers
from shop.orders.giving_back.services import give_units_back
from shop.papers.mails import queue_papers
from shop.payments.due.services import remind_of_due
from shop.payments.requests.payers import ask_payer
from tests.documents.given import issued, plain_template
from tests.enrolments.extension.given import extended
from tests.enrolments.given import assign, given_pack
from tests.enrolments.waiting.given import frees, full_course, waits
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.matrix.world import enter_order
from tests.shop.orders.test_order_mails import every_kind


def every_mail(probe_entry: Any, diary: Any) -> dict[str, Mail]:
    """Return a mail of every registered kind, by its kind, sent or queued."""
    now = timezone.now()
    _part_due(probe_entry, now)
    _payer_received(probe_entry, now)
    every_kind(probe_entry, diary)
    _diplomas()
    _papers_issued(probe_entry, now)
    _waits(now)
    account = CustomerAccountFactory(name="Ateliers Roy")
    owner = MembershipFactory(account=account).user
    told, new, lost = UserFactory(), UserFactory(is_address_proved=False), UserFactory()
    [late] = given_pack(account, start_before_days=1, now=now - timedelta(days=9))
    assign(late, CourseFactory(), UserFactory().email, owner, now=now - timedelta(days=9))
    lapse_seats(now=now)
    given_pack(account, valid_until=now + timedelta(days=20), now=now - timedelta(days=90))
    [unentered] = given_pack(account, start_before_days=40, now=now - timedelta(days=20))
    assign(unentered, CourseFactory(), UserFactory().email, owner, now=now - timedelta(days=20))
    remind_operators(now=now)
    remind_learners(now=now)
    for person in (lost, told, new):
        [seat] = given_pack(account, terms=Terms(duration_days=30), now=now)
        assign(seat, CourseFactory(place_en="Room 3", place_fr="Salle 3"), person.email, owner, now=now)
    extended(account, Ground.objects.get(kind="seat", seat__person=told), now=now)
    Mail.objects.filter(person_id__in=[told.pk, lost.pk]).update(state="sent", sent_at=now, created_at=now)
    seat = Seat.objects.get(person=lost)
    release_seat(account=account, seat_id=seat.pk, actor=owner, now=now)
    Mail.objects.filter(account_id=account.pk).update(created_at=now - timedelta(hours=2))
    mail_again(account=account, person_id=told.pk, language="fr", now=now)
    asked = ask_for_course(
        account=account, person=told, course=CourseFactory(), words="In spring", language="fr", now=now
    )
    assert asked is not None
    decline_request(account=account, request_id=asked.pk, operator=owner, words="Next year", language="fr", now=now)
    [given] = given_pack(account, now=now)
    give_seats(
        batch_id=given.batch_id, from_account_id=account.pk, to_account_id=MembershipFactory().account.pk,
        number=1, actor=UserFactory(), reason="As agreed", now=now,
    )  # fmt: skip
    invite_member(
        account=account, invited_by=owner, email="colleague@example.org", roles=["is_buyer"], language="fr", now=now
    )
    link = AddressLink.objects.filter(purpose="invitation").latest("pk")
    mail_new_link(token=link_url(link).split("/")[-2], language="fr", now=now)
    ask_buyers(
        account=account, bought=Bought("SAFETY", {"en": "Safety", "fr": "Sécurité"}), quantity=3, words="In spring",
        operator=MembershipFactory(account=account, is_owner=False, is_operator=True).user, language="fr", now=now,
    )  # fmt: skip
    enter_order(probe_entry, by=owner, now=now)
    ask_for_erasure(person=owner, asked_by=owner, now=now)
    for prefix in ALLAUTH_MAILS:
        queue_allauth_mail(prefix, recipient="alice@example.org", context={"user": owner, "code": 4711}, language="fr")
    User.objects.create_superuser(email="merchant@example.org", password="a long enough word")
    raise_alarms(now=timezone.now())
    _unasked(owner)
    mails = {mail.kind: mail for mail in Mail.objects.order_by("pk")}
    missing = set(MAIL_KINDS.names()) - set(mails)
    assert not missing, f"Nothing queues {sorted(missing)}."
    return mails


def _part_due(probe_entry: Any, now: datetime) -> None:
    """Remind of an order that is due."""
    order = place(make_cart(probe_entry))
    order.requests.update(due_on=now.date(), created_at=now - timedelta(days=30))
    remind_of_due(now=now)
    theirs = place(make_cart(probe_entry))
    ask_payer(order_id=theirs.pk, amount=theirs.gross, email="opco@example.org", actor=UserFactory(), now=now)
    theirs.requests.update(due_on=now.date(), created_at=now - timedelta(days=30))
    remind_of_due(now=now)


def _payer_received(probe_entry: Any, now: datetime) -> None:
    """Receive money of an outside payer."""
    order = place(make_cart(probe_entry))
    ask_payer(order_id=order.pk, amount=order.gross, email="opco@example.org", actor=UserFactory(), now=now)
    pay(order, provider="transfer", reference="theirs")


def _papers_issued(probe_entry: Any, now: datetime) -> None:
    """Issue a document of which no other mail tells."""
    order = place(make_cart(probe_entry))
    with plain_template():
        queue_papers(order, [issued(order_id=order.pk, now=now)], now=now)


def _waits(now: datetime) -> None:
    """Have a person join a waiting list, be offered a place and let it lapse."""
    course, [seat] = full_course(now=now)
    waits(course, now=now)
    frees(seat, now=now)
    offer_free_places(now=now)
    offer_free_places(now=now + timedelta(days=9))


def _unasked(owner: User) -> None:
    """Mail an owner their weekly summary, and an operator that seats are used up."""
    Membership.objects.filter(user=owner).update(created_at=timezone.now() - timedelta(days=30))
    queue_digests(now=timezone.now())
    assign(given_pack(CustomerAccountFactory())[0], CourseFactory(), "last@example.org", UserFactory())
    tell_used_up(now=timezone.now())


def _diplomas() -> None:
    """Have a diploma printed, and stopped."""
    buyer = MembershipFactory()
    parameters = {"title": "First aider", "printer": "printer@example.org", "days": 5}
    entry = EntryFactory(handler="ext_paperdiploma", parameters=parameters)
    cart = make_cart(entry, units=diplomas(1), user=buyer.user)
    order = place(cart, user=buyer.user, account=buyer.account)
    pay(order)
    deliver(order)
    give_units_back(
        order_id=order.pk, units={order.lines.get().pk: [0]}, actor=UserFactory(), reason="Slip", now=timezone.now()
    )
