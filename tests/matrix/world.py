"""People who make requests and things named by the requests, made once for all rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.links.services import TOKEN_PURPOSE
from accounts.members.models import CustomerAccount, MemberInvitation, Membership
from accounts.members.notices.kinds import SALT
from accounts.members.services import invite_member
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.privacy.models import ErasureRequest
from accounts.privacy.requests import ask_for_erasure
from accounts.second_person.models import Approval
from accounts.teams.models import Team
from accounts.teams.services import version_of as version_of_team
from billing.closures.models import Closure
from billing.journal.models import ChartAccount
from catalog.models.entries import Entry
from common.moments import local_day
from common.tokens import derive_token
from documents.invoices.values import as_data
from documents.issued.files import make_files
from documents.issued.models import Document
from documents.series.models import NumberFormats
from enrolments.calendar.links import make_link, token_of
from enrolments.calendar.models import CalendarLink
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.grounds.models import Enrolment
from enrolments.joining.models import JoinLink
from enrolments.lists.models import PeopleList
from enrolments.lists.reading import PersonRow
from enrolments.people.edit import version_of
from enrolments.requests.models import CourseRequest
from enrolments.requests.services import ask_for_course
from enrolments.runs.models import Run
from enrolments.runs.running import start_run
from enrolments.seats.many import Act, Outcome, fingerprint_of, look_at
from enrolments.seats.models import Seat
from enrolments.seats.moves import state_shown
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.tokens import token_of as token_of_waiting
from handlers.models import BrokenHook
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from shop.books.models import BookExport
from shop.cart.models import CartLine
from shop.from_list.looking import look
from shop.from_list.sales import sale_of
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.papers.platforms.models import DocumentSending
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.configured.models import ProviderSettings
from shop.payments.due.models import ReminderPause
from shop.payments.due.pausing import pause_reminders
from shop.payments.models import PaymentEvent
from shop.payments.plans.models import PaymentPlan
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import provider as sandbox
from shop.payments.refunds.models import Refund
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.second_charges.models import SecondChargeRule
from shop.payments.services import begin_payment, choose_method
from shop.payments.statements.models import BankStatement, StatementLine
from shop.payments.statements.services import import_file, keep_file
from shop.payments.transfers_back.accounts import keep_account
from shop.payments.transfers_back.models import TransferFile
from shop.phone_orders.models import PhoneOrder
from shop.phone_orders.services import begin, customer_version, put_on, save_customer, send_link
from shop.seller.models import LegalText, ShopIdentity
from tests.documents.given import issued
from tests.documents.invoices.given import invoice
from tests.enrolments.given import assign as assign_seat
from tests.enrolments.given import given_pack, given_session
from tests.enrolments.joining.given import code as printed_code
from tests.enrolments.joining.given import given_link
from tests.enrolments.learners import by_hand as enrol_by_hand
from tests.enrolments.lists.given import given_list, people
from tests.enrolments.waiting.given import waits
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import charge_at_sandbox, make_cart, pay, place
from tests.matrix.rules import CUSTOMERS
from tests.matrix.visits import FROM_PAGE
from tests.shop.papers.platforms.given import platform_row
from tests.shop.steps import VISITOR_DETAILS

STAFF = ("staff", "clerk", "administrator")
IBAN = "DE89370400440532013000"
PICTURE = "who-may-what/picture.png"
EXTENSION = "EXTENSION"
SEATS = "SEATS-FOR-A-LIST"


@dataclass(frozen=True)
class Belongings:
    """Belongings of one customer account, one of each kind."""

    account: CustomerAccount
    order: Order
    line: OrderLine
    colleague: Membership
    invitation: MemberInvitation
    free_seat: Seat
    join_link: JoinLink
    taken_seat: Seat
    person: Delegation
    session: CourseGroup
    people_list: PeopleList
    run: Run
    request: CourseRequest
    team: Team
    calendar: CalendarLink


@dataclass(frozen=True)
class World:
    """Things named by requests.

    `ours` belong to the account of owner, buyer, operator and accountant, `theirs` to the stranger's account.
    `sessions` and `cart_lines` are those of the people, by role; a visitor has none.
    """

    entry: Entry
    course: Course
    waiting: WaitingPlace
    ours: Belongings
    theirs: Belongings
    legal_text: LegalText
    legal_draft: LegalText
    by_hand: Enrolment
    job: Job
    mail: Mail
    event: PaymentEvent
    phone_order: PhoneOrder
    approval: Approval
    transfer: Refund
    statement: BankStatement
    book_export: BookExport
    document: Document
    method: ProviderSettings
    statement_line: StatementLine
    pause: ReminderPause
    erasure: ErasureRequest
    cart_lines: dict[str, CartLine]
    sessions: dict[str, str]

    def arguments(self, address_name: str, *, whose: Belongings | None = None) -> dict[str, Any]:
        """Return a value for each parameter of an address; of our account unless `whose` says otherwise."""
        has = whose or self.ours
        values = {
            "number": has.account.pk,
            "page": "seats/",
            "token": has.order.token,
            "membership_id": has.colleague.pk,
            "invitation_id": has.invitation.pk,
            "seat_id": has.free_seat.pk,
            "link_id": has.join_link.pk,
            "delegation_id": has.person.pk,
            "session_id": has.session.pk,
            "list_id": has.people_list.pk,
            "run_id": has.run.pk,
            "request_id": has.request.pk,
            "team_id": has.team.pk,
            "line": 2,
            "short_name": self.course.short_name,
            "code": self.entry.code,
            "slug": self.entry.category.slug,
            "kind": self.legal_text.kind,
            "hue": "1",
            "seed": "0123abcd",
            "provider": "sandbox",
            "path": PICTURE,
            "name": "no-such-mail",
            "app_label": "shop",
            "url": "no-such-page",
            "order_id": has.order.pk,
            "account_id": has.account.pk,
            "line_id": has.line.pk,
            "entry_id": self.entry.pk,
            "text_id": self.legal_text.pk,
            "settings_id": self.method.pk,
            "key": "00000000-0000-4000-8000-000000000000",
            "course_id": self.by_hand.course_id,
            "enrolment_id": self.by_hand.pk,
            "batch_id": has.taken_seat.batch_id,
            "job_id": self.job.pk,
            "mail_id": self.mail.pk,
            "event_id": self.event.pk,
            "payment_id": self.event.payment_id,
            "charge_back_id": 0,
            "approval_id": self.approval.pk,
            "refund_id": self.transfer.pk,
            "file_id": self.transfer.file_id,
            "statement_id": self.statement.pk,
            "export_id": self.book_export.pk,
            "document_id": self.document.pk,
            "receipt_id": 1,
            "language": "fr",
            "form": "pdf",
            "statement_line_id": self.statement_line.pk,
            "part_id": self.pause.order.requests.get(replaced_at=None).pk,
            "pause_id": self.pause.pk,
            "erasure_id": self.erasure.pk,
            "user_id": self.by_hand.user_id,
            "pk": self.phone_order.pk,
            "content_type_id": ContentType.objects.get_for_model(Course).pk,
            "object_id": self.course.pk,
        }
        link = has.invitation.link
        special = {
            # One's own may bear any number that a session of a course bears.
            "account-browser-end": {"session_id": 2**40},
            "address-link": {"token": derive_token(TOKEN_PURPOSE, link.pk, link.nonce)},
            "notice-stop": {"token": signing.dumps([has.colleague.pk, "digest"], salt=SALT)},
            "address-link-again": {"token": derive_token(TOKEN_PURPOSE, link.pk, link.nonce)},
            "admin:shop_legaltext_publish": {"text_id": self.legal_draft.pk},
            "wait": {"short_name": self.waiting.course.short_name},
            "waiting-place": {"token": token_of_waiting(self.waiting)},
            "join-link": {"token": printed_code(has.join_link)},
            "join-code": {"token": printed_code(has.join_link)},
            "account-seat-release": {"seat_id": has.taken_seat.pk},
            "account-seat-move": {"seat_id": has.taken_seat.pk},
            "account-seat-replace": {"seat_id": has.taken_seat.pk},
            "calendar-feed": {"token": token_of(has.calendar)},
            "account-list-template": {"kind": "csv"},
            "account-list-result": {"kind": "csv"},
            "account-run-result": {"kind": "csv"},
            "account-people-export": {"kind": "csv"},
            "account-endings-export": {"kind": "csv"},
            "phone-order": {"token": self.phone_order.token},
            "admin:shop_platformsettings_check": {"settings_id": platform_row().pk},
            "admin:shop_platformsettings_remove": {"settings_id": platform_row().pk},
            "admin:shop_phoneorder_units": {"line_id": self.phone_order.cart.lines.get().pk},
        }
        return values | special.get(address_name, {})

    def posted(self, address_name: str, role: str) -> Mapping[str, Any]:
        """Return a form filled in right, so that rights alone decide."""
        has = self.ours
        person = has.person
        replacement = {
            "email": "sixth@example.org",
            "first_name": "Flo",
            "last_name": "Sixth",
            "seats": [f"{has.taken_seat.pk} {state_shown(has.taken_seat)}"],
        }
        forms: dict[str, Mapping[str, Any]] = {
            "set_language": {"language": "fr", "next": "/"},
            "account-profile": {"first_name": "New", "last_name": "Name", "language": "fr", "made_from": FROM_PAGE},
            "account-details": {
                "kind": "organisation", "name": "New name", "street": "1 rue Neuve",
                "postal_code": "44000", "city": "Nantes", "country": "FR", "made_from": FROM_PAGE,
            },
            "account-members": {"email": "somebody.new@example.org", "roles": ["is_buyer"]},
            "account-notices": {"notice": "digest", "wanted": "off"},
            "account-leave": {"shown": f"is_{role}"},
            "account-member": {"roles": ["is_operator"], "shown": "is_buyer"},
            "account-member-remove": {"shown": "is_buyer"},
            "account-member-transfer": {"shown": "is_buyer"},
            "account-seat": {
                "course": self.course.pk, "email": "fifth@example.org", "first_name": "Eve", "last_name": "Fifth",
            },
            "account-seat-release": {"seen": state_shown(has.taken_seat), "reason": ""},
            "account-seats-many": {
                "act": "release", "seat": [has.taken_seat.pk], "reason": "",
                "seen": fingerprint_of(Act.RELEASE, None, [Outcome(has.taken_seat)]),
            },
            "account-people-chosen": {"act": "release", "people": [person.pk], "which": "ticked"},
            "account-people-many": {
                "act": "release", "people": [person.pk], "reason": "",
                "seen": fingerprint_of(Act.RELEASE, None, [Outcome(has.taken_seat)]),
            },
            "account-seat-move": {
                "seen": state_shown(has.taken_seat), "to": f"course:{self.by_hand.course_id}", "reason": "",
            },
            "account-seat-replace": replacement,
            "account-person-replace": replacement,
            "account-calendar-link": {"shown": 0},
            "calendar-own": {"shown": 0},
            "account-renew": {"target": f"seat-{has.free_seat.pk}", "entry": EXTENSION},
            "account-list-new": {"source": f"session:{has.session.pk}", "people": "new@example.org"},
            "account-list-row": {
                "email": "new@example.org", "first_name": "New", "last_name": "Name", "version": 1,
            },
            "account-list-start": {"mode": "all", "version": has.people_list.version},
            "account-list-discard": {"version": has.people_list.version},
            "account-join-link-new": {
                "source": f"session:{has.session.pk}", "way": "link", "places": 1,
                "ends_on": f"{timezone.now() + timedelta(days=9):%Y-%m-%d}",
            },
            "account-join-link-code": {"number": 1},
            "wait": {"email": "new@example.org", "entry": self.entry.code},
            "account-waiting": {"course": self.waiting.course_id, "places": 1},
            "join": {"code": printed_code(has.join_link)},
            "join-link": {
                "email": "new@example.org", "first_name": "New", "last_name": "Name", "course": self.course.pk,
            },
            "account-request": {"decline": "1", "words": "Not this year"},
            "my-requests": {"what": f"{has.account.pk}:{self.by_hand.course_id}", "words": ""},
            "account-person": {
                "email": person.email, "first_name": "New", "last_name": "Name", "seen": version_of(person),
            },
            "account-person-mail": {"email": person.email},
            "account-people-team": {"people": [person.pk], "into": has.team.pk},
            "account-teams": {"name": "New team"},
            "account-team": {"name": "New name", "seen": version_of_team(has.team)},
            "account-team-seats": {"entry": has.free_seat.batch.entry_code, "number": 1},
            "entry": {"quantity": 1},
            "account-more": {"quantity": 1, "ask": "1"},
            "cart": {"remove": self.cart_lines[role].pk if role in self.cart_lines else 0},
            "checkout-details": {
                "email": "visitor@example.org", "contact_name": "Ann", "register_number": "73282932000074",
                "billing_name": "Ann’s", "street": "1 rue Neuve", "postal_code": "44000", "city": "Nantes",
                "country": "FR", "account": has.account.pk,
            },
            "order-pay": {"method": "transfer"},
            "order-move": {"account": has.account.pk},
            "sandbox-pay": {"choice": "decline"},
            "admin:shop_order_payment": {"amount": str(has.order.gross), "reference": "0815"},
            "admin:shop_order_promise": {"kind": "public_mandate", "reference": "EJ 0815", "part": "0"},
            "admin:shop_order_cancel": {"reason": "asked for"},
            "admin:shop_order_lift": {"reason": "agreed"},
            "admin:shop_order_go_on": {"reason": "agreed"},
            "admin:enrolments_course_enrol": {"email": "sixth@example.org", "role": self.by_hand.role_id},
            "admin:enrolments_seatbatch_give": {
                "number": 1, "account": self.theirs.account.pk, "reason": "asked for", "seen": has.account.pk,
            },
            "admin:shop_secondchargerule_switch": {"to": "on"},
            "admin:shop_payment_charge_back": {
                "amount": 1, "day": f"{timezone.localdate():%Y-%m-%d}", "reason": "returned",
                "left": self.event.payment.amount if self.event.payment else 0,
            },
            "admin:shop_legaltext_add": {"kind": "privacy"},
            "admin:accounts_erasurerequest_erase": {"email": self.erasure.person.email},
            "admin:accounts_erasurerequest_refuse": {"reason": "A claim is open"},
            "account-erasure": {"email": "somebody@example.org"},
        }  # fmt: skip
        if address_name == "account-from-list":
            return self.list_to_buy_for()
        return forms.get(address_name, {})

    def list_to_buy_for(self) -> Mapping[str, Any]:
        """Return a list of one new person, with the fingerprint of what the page tells of them."""
        sale = sale_of(Entry.objects.get(code=SEATS))
        on_sale = sale.on_sale() if sale is not None else None
        assert sale is not None
        assert on_sale is not None
        typed = [PersonRow(line=1, email="new@example.org", first_name="Ann", last_name="New")]
        looking = look(
            account=self.ours.account, sale=sale, on_sale=on_sale, typed=typed, course=self.course, cart=None,
            now=timezone.now(),
        )  # fmt: skip
        return {
            "entry": SEATS, "course": self.course.pk, "people": "new@example.org;Ann;New", "put": "1",
            "seen": looking.fingerprint,
        }  # fmt: skip


def make_world() -> World:
    now = timezone.now()
    ShopIdentity.current()
    NumberFormats.objects.create(pk=1)
    PaymentPlan.objects.create(is_offered=False)
    Group.objects.create(name="Accounting")
    (Path(settings.MEDIA_ROOT) / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    (Path(settings.MEDIA_ROOT) / PICTURE).write_bytes(b"picture")
    people = {role: UserFactory(first_name=role.title()) for role in (*CUSTOMERS, *STAFF)}
    User.objects.filter(pk__in=[people[role].pk for role in STAFF]).update(is_staff=True)
    User.objects.filter(pk=people["administrator"].pk).update(is_superuser=True)
    people["clerk"].user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    entry, course = EntryFactory(), CourseFactory()
    account = CustomerAccountFactory(name="Ours")
    for role in ("owner", "buyer", "operator", "accountant"):
        MembershipFactory(account=account, user=people[role], **{"is_owner": False, f"is_{role}": True})
    their_account = MembershipFactory(account__name="Theirs", user=people["stranger"]).account
    ours = furnish(account, entry, course, buyer=people["buyer"], operator=people["operator"], now=now)
    theirs = furnish(
        their_account, entry, CourseFactory(), buyer=people["stranger"], operator=people["stranger"], now=now
    )
    assign_seat(given_pack(account, now=now)[0], course, people["learner"].email, people["operator"], now=now)
    EntryFactory(code=EXTENSION, handler="std_extendenrolperiod", parameters={"extension": 30})
    EntryFactory(code=SEATS, handler="std_generateseats", parameters={})
    Seat.objects.filter(pk=ours.free_seat.pk).update(valid_until=now + timedelta(days=30))
    phone_order = enter_order(entry, by=people["administrator"], now=now)
    paid = place(make_cart(entry), email="somebody@example.org", now=now)
    pay(paid, now=now)
    pay(paid, reference="second", event_id="second", now=now)
    Refund.objects.create(
        order=paid, way="outside", state="done", amount=1, currency="EUR", reference="VIR 7", asked_at=now,
        asked_by=people["administrator"], done_at=now,
    )  # fmt: skip
    SecondChargeRule.objects.create(
        on_at=now, on_by=people["administrator"], off_at=now, off_by=people["administrator"]
    )
    payee = keep_account(holder="Alice", iban=IBAN, order=paid, actor=None, now=now)
    transfer = Refund.objects.create(
        order=paid, way="transfer", payee=payee, amount=1, currency="EUR", asked_at=now,
        asked_by=people["administrator"],
        file=TransferFile.objects.create(
            message_id="M1", made_at=now, made_by=people["administrator"], execute_on=now.date()
        ),
    )  # fmt: skip
    PaymentAttempt.objects.create(
        order=paid, provider="sandbox", amount=1, currency=paid.currency, begun_at=now, ask_again_at=now
    )
    # Sent a while ago, so that each may be sent again.
    Mail.objects.update(state=Mail.State.SENT, sent_at=now - timedelta(days=2), created_at=now - timedelta(days=2))
    yesterday = local_day(now) - timedelta(days=1)
    Closure.objects.create(
        kind="day", starts_on=yesterday, ends_on=yesterday, entries=0, sums=[], sealed_to=0, digest=b"", closed_at=now
    )
    ChartAccount.objects.create(account="sales", part="", number="706100", label="Ventes")
    imported = keep_file(
        content=b"Date;Montant\n27/11/2026;7,00\n", account="BANK", actor=people["administrator"], now=now
    )
    import_file(statement_id=imported.pk, now=now)
    kept = keep_file(content=b"Date;Montant\n28/11/2026;8,00\n", account="BANK", actor=people["administrator"], now=now)
    BrokenHook.objects.create(handler="ext_odd", hook="revoke", file="ext_odd/handler.py", line=7, error="Odd")
    pause = given_pause(entry, by=people["administrator"], now=now)
    return World(
        entry=entry,
        course=course,
        waiting=given_waiting(now),
        ours=ours,
        theirs=theirs,
        legal_text=LegalText.objects.create(kind="terms", version=1, body_en="x", body_fr="x", published_at=now),
        legal_draft=LegalText.objects.create(kind="notice", version=1, body_en="x", body_fr="x"),
        by_hand=enrol_by_hand(UserFactory(), CourseFactory()),
        job=Job.objects.latest("pk"),
        mail=Mail.objects.filter(order_id=paid.pk).latest("pk"),
        event=PaymentEvent.objects.latest("pk"),
        phone_order=phone_order,
        erasure=ask_for_erasure(person=UserFactory(), asked_by=people["administrator"], now=now),
        transfer=transfer,
        statement=kept,
        book_export=BookExport.objects.create(
            kind="orders",
            form="csv",
            starts_on=yesterday,
            ends_on=yesterday,
            currency="EUR",
            language="en",
            asked_as=uuid4(),
            asked_at=now,
            asked_by=people["administrator"],
        ),
        document=given_document(ours.order.pk, now),
        method=ProviderSettings.objects.get(name="transfer"),
        statement_line=StatementLine.objects.get(),
        pause=pause,
        approval=Approval.objects.create(
            kind="confirm_money",
            about=f"order:{ours.order.pk}",
            values={"order": ours.order.pk, "amount": "1.00", "reference": "7", "is_what_arrived": True},
            asked_by=people["administrator"],
            asked_at=now,
        ),
        cart_lines={role: make_cart(entry, user=user).lines.get() for role, user in people.items()},
        sessions={role: signed_in(user) for role, user in people.items()},
    )


def enter_order(entry: Entry, *, by: User, now: datetime) -> PhoneOrder:
    """Enter an order for a new customer, who has the link."""
    begun = begin(account=None, language="en", actor=by)
    put_on(phone_order=begun, entry=entry, quantity=1, now=now)
    save_customer(phone_order=begun, buyer=None, details=VISITOR_DETAILS, seen=customer_version(begun))
    return send_link(phone_order=begun, now=now)


def given_pause(entry: Entry, *, by: User, now: datetime) -> ReminderPause:
    """Return a pause of the reminders of an order whose only part is overdue."""
    order = place(make_cart(entry), email="late@example.org", now=now)
    part = Part(order.gross, local_day(now) - timedelta(days=9))
    plan_payments(order_id=order.pk, parts=[part], actor=by, now=now)
    return pause_reminders(order_id=order.pk, whole_account=False, reason="Promised", actor=by, now=now)


def given_document(order_id: int, now: datetime) -> Document:
    """Return an invoice of an order, with its files."""
    document = issued(order_id=order_id, now=now, template="invoice", data=as_data(invoice()))
    make_files(document_id=document.pk)
    DocumentSending.objects.create(document=document, platform="afnor", asked_at=now)
    return document


def given_waiting(now: datetime) -> WaitingPlace:
    """Return the place of a person who waits for a full course."""
    course = CourseFactory(capacity=1)
    enrol_by_hand(UserFactory(), course)
    return waits(course, now=now)


def signed_in(user: User) -> str:
    """Sign a person in and return the key of the session."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def furnish(
    account: CustomerAccount, entry: Entry, course: Course, *, buyer: User, operator: User, now: datetime
) -> Belongings:
    """Give an account one of each kind of belongings; its order waits for a charge that the bank has accepted."""
    order = place(make_cart(entry, user=buyer), user=buyer, account=account, operator=operator, now=now)
    choose_method(order_id=order.pk, method=sandbox.name, actor=buyer, now=now)
    charge = charge_at_sandbox(order, bank.Choice.SUCCEED, now=now)
    begin_payment(order_id=order.pk, provider=sandbox, reference=charge.reference, now=now)
    free, taken = given_pack(account, seats=2, now=now)
    assign_seat(taken, course, f"pupil.of.{account.pk}@example.org", operator, now=now)
    taken.refresh_from_db()
    order.refresh_from_db()
    asked = ask_for_course(
        account=account, person=Delegation.objects.get(account=account).person, course=course, words="", language="en",
        now=now,
    )  # fmt: skip
    assert asked is not None
    acted = {"account": account, "act": Act.RELEASE, "seats": [free], "to": None, "now": now}
    return Belongings(
        account=account,
        order=order,
        line=order.lines.get(),
        colleague=MembershipFactory(account=account, is_owner=False, is_buyer=True),
        invitation=invite_member(
            account=account,
            invited_by=operator,
            email=f"invited.to.{account.pk}@example.org",
            roles=["is_buyer"],
            language="en",
            now=now,
        ),
        free_seat=free,
        join_link=given_link(free.batch, operator, course=course, has_codes=True, now=now),
        taken_seat=taken,
        person=Delegation.objects.get(account=account),
        session=given_session(course, account, blanks=1, operator=operator, now=now).batch.group,
        team=Team.objects.create(account=account, name="Nantes"),
        people_list=given_list(account, operator, people(f"listed.by.{account.pk}@example.org"), course, now=now),
        run=start_run(**acted, seen=fingerprint_of(Act.RELEASE, None, look_at(**acted)), actor=operator, language="en"),
        request=asked,
        calendar=make_link(person=UserFactory(), account=None, shown=0, now=now),
    )
