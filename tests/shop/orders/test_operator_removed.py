"""Bob, an order's operator, leaves the account: a later delivery gives Bob nothing, grounds of an earlier one end."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from accounts.members.models import Membership
from accounts.members.services import LastOwner, change_roles, remove_member
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.seats.assign import assign_seat
from enrolments.seats.models import Seat
from enrolments.seats.moves import SeatNotFound
from enrolments.seats.release import release_seat
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.admin.wording import event_in_words
from shop.orders.ending import cancel_order
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from tests.accounts.test_admin import members_form, page_of
from tests.enrolments.given import typed
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place
from tests.made_from import noted
from tests.rivals.given import participant, session_entry

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = timezone.now() - timedelta(days=400)


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def alice(account) -> User:
    """Return the owner who joined first, whose key is higher than a younger owner's."""
    MembershipFactory(account=account, user__email="zoe@example.org")
    return MembershipFactory(account=account, user__email="alice@example.org", created_at=LONG_AGO).user


@pytest.fixture
def bob(account, alice) -> User:
    return MembershipFactory(
        account=account,
        user__email="bob@example.org",
        is_owner=False,
        is_operator=True,
        created_at=LONG_AGO - timedelta(days=1),
    ).user


@pytest.fixture
def support() -> Course:
    return CourseFactory(short_name="HELP")


@pytest.fixture
def course() -> Course:
    return CourseFactory(short_name="SEC-01", name_en="Safety")


def session_of(course: Course, alice: User, operator: User, *, lines: int = 1) -> Order:
    """Place a session that Alice buys and `operator` shall supervise."""
    account = Membership.objects.get(user=alice).account
    cart = make_cart(session_entry(course, customersupport="HELP"), units=[participant("ada@example.org")], user=alice)
    for number in range(1, lines):
        other = session_entry(course, customersupport="HELP")
        fill_cart(cart, other, units=[participant(f"ada{number}@example.org")], user=alice)
    return place(cart, user=alice, account=account, operator=operator)


def membership_of(user: User, order: Order) -> Membership:
    return Membership.objects.get(user=user, account=order.account)


def remove(user: User, order: Order) -> None:
    membership = membership_of(user, order)
    remove_member(account=order.account, membership_id=membership.pk, now=timezone.now())


def demote(user: User, order: Order) -> None:
    membership = membership_of(user, order)
    change_roles(
        account=order.account, membership_id=membership.pk, roles=["is_buyer", "is_accountant"], now=timezone.now()
    )


def close(user: User, order: Order) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def open_roles(user: User) -> set[tuple[str, str]]:
    enrolments = Enrolment.objects.open().filter(user=user)
    return set(enrolments.values_list("course__short_name", "role__code"))


class TestBeforeTheDelivery:
    @pytest.mark.parametrize("leave", [remove, demote, close])
    def test_the_owner_who_joined_first_takes_the_part_and_is_told(self, alice, bob, course, support, leave):
        order = session_of(course, alice, bob)
        leave(bob, order)
        pay(order)

        deliver(order)

        assert order.operator == alice
        assert open_roles(alice) == {("SEC-01", "teacher"), ("HELP", "student")}
        assert open_roles(bob) == set()
        assert [each.operator for each in Delegation.objects.all()] == [alice]
        assert Seat.objects.get().assigned_by == alice
        assert not Mail.objects.filter(recipient=bob.email).exists()
        mail = Mail.objects.get(kind="delivered")
        assert mail.recipient == alice.email
        rendered = render_mail(mail, blank_secrets=False)
        told = "The operator chosen with this order no longer works for Ateliers Martin."
        assert told in " ".join(rendered.text.split())
        assert told in " ".join(rendered.html.split())

    def test_the_history_says_so_once_for_all_lines(self, alice, bob, course, support):
        order = session_of(course, alice, bob, lines=2)
        remove(bob, order)
        pay(order)

        deliver(order)

        event = order.events.get(what=OrderEvent.What.OPERATOR_REPLACED)
        assert (event.actor, event.detail) == (None, {"operator": alice.pk})
        with translation.override("en"):
            assert event_in_words(event, order, {}) == f"The operator is now {alice.get_full_name()}"
        assert Delegation.objects.filter(operator=alice).count() == 2
        told = [mail.context["is_operator_new"] for mail in Mail.objects.filter(kind="delivered").order_by("pk")]
        assert told == [True, False]

    def test_an_operator_who_stays_stays(self, alice, bob, course, support):
        order = session_of(course, alice, bob)
        pay(order)

        deliver(order)

        assert order.operator == bob
        assert open_roles(bob) == {("SEC-01", "teacher"), ("HELP", "student")}
        assert not order.events.filter(what=OrderEvent.What.OPERATOR_REPLACED).exists()
        mail = render_mail(Mail.objects.get(kind="delivered"), blank_secrets=False)
        assert "no longer works for" not in mail.text

    def test_where_nobody_is_left_the_session_is_set_up_and_the_sales_team_is_told(self, alice, bob, course, support):
        order = session_of(course, alice, bob)
        pay(order)
        User.objects.filter(memberships__account=order.account).update(is_active=False)

        deliver(order)

        assert order.status == "completed"
        assert Seat.objects.get().person.email == "ada@example.org"
        assert not Ground.objects.filter(kind="supervision").exists()
        assert not Mail.objects.filter(kind="delivered").exists()
        assert "The account has no owner or operator any more" in order.lines.get().feedback.last().sales["en"]

    def test_hooks_that_give_back_hear_of_the_owner_too(self, alice, bob, probe_entry, diary):
        account = Membership.objects.get(user=bob).account
        order = place(make_cart(probe_entry, user=alice), user=alice, account=account, operator=bob)
        remove(bob, order)

        cancel_order(order_id=order.pk, actor=alice, now=timezone.now())

        assert diary.hooks() == ["pre", "revoke"]
        assert diary.contexts[-1].operator == alice


class TestAfterTheDelivery:
    @pytest.fixture
    def order(self, alice, bob, course, support) -> Order:
        order = session_of(course, alice, bob)
        pay(order)
        return deliver(order)

    @pytest.mark.parametrize("leave", [remove, demote])
    def test_role_group_and_support_course_end(self, order, bob, leave):
        leave(bob, order)

        assert open_roles(bob) == set()
        ended = Ground.objects.filter(enrolment__user=bob)
        assert {(each.kind, each.ended_reason) for each in ended} == {
            ("supervision", "right_lost"),
            ("support", "right_lost"),
        }
        assert EnrolmentEvent.objects.filter(enrolment__user=bob, what="group_left").count() == 1
        assert Enrolment.objects.open().filter(user__email="ada@example.org").count() == 1

    def test_what_others_or_their_own_purchases_gave_stays(self, order, alice, bob, course):
        elsewhere = MembershipFactory(user=bob).account
        other = place(
            make_cart(session_entry(course, customersupport="HELP"), units=[participant("eve@example.org")], user=bob),
            user=bob,
            account=elsewhere,
        )
        own = EntryFactory(
            handler="std_enroloncourse", parameters={"coursename": CourseFactory(short_name="X").short_name}
        )
        bought = place(make_cart(own, user=alice), user=alice, account=order.account)
        for paid in (other, bought):
            pay(paid)
            deliver(paid)

        remove(bob, order)

        assert open_roles(bob) == {("SEC-01", "teacher"), ("HELP", "student")}
        assert {each.account for each in Ground.objects.live().filter(enrolment__user=bob)} == {elsewhere}
        assert open_roles(alice) == {("X", "student")}

    def test_who_stays_operator_in_another_role_keeps_all(self, order, bob):
        membership = membership_of(bob, order)
        change_roles(account=order.account, membership_id=membership.pk, roles=["is_owner"], now=timezone.now())
        change_roles(account=order.account, membership_id=membership.pk, roles=["is_operator"], now=timezone.now())

        assert open_roles(bob) == {("SEC-01", "teacher"), ("HELP", "student")}

    def test_it_ends_when_the_merchant_takes_the_member_off_too(self, order, bob, alice, client):
        client.force_login(UserFactory(is_staff=True, is_superuser=True))
        others = Membership.objects.filter(account=order.account).exclude(user=bob)
        members = (membership_of(bob, order), *others)
        form = members_form(order.account, *members, is_buyer="on")
        del form["memberships-0-is_operator"]
        assert client.post(page_of(order.account), noted(client, page_of(order.account), form)).status_code == 302

        assert open_roles(bob) == set()

    def test_a_refused_removal_ends_nothing(self, order, bob):
        Membership.objects.filter(account=order.account).exclude(user=bob).delete()
        Membership.objects.filter(user=bob).update(is_owner=True)

        with pytest.raises(LastOwner):
            remove(bob, order)

        assert open_roles(bob) == {("SEC-01", "teacher"), ("HELP", "student")}


class TestSeatsAssignedLater:
    @pytest.fixture
    def seat(self, alice, bob) -> Seat:
        account = Membership.objects.get(user=alice).account
        entry = EntryFactory(handler="std_generateseats", parameters={"packsize": 2})
        order = place(make_cart(entry, user=alice), user=alice, account=account)
        pay(order)
        deliver(order)
        return Seat.objects.order_by("pk").first()

    def assign(self, seat: Seat, course: Course, operator: User):
        return assign_seat(
            account=seat.account,
            seat_id=seat.pk,
            course=course,
            person=typed("ada@example.org"),
            operator=operator,
            language="en",
            now=timezone.now(),
        )

    @pytest.mark.parametrize("leave", [remove, demote, close])
    def test_only_somebody_who_may_place_people_assigns(self, seat, course, bob, leave):
        leave(bob, Order.objects.get())

        with pytest.raises(SeatNotFound):
            self.assign(seat, course, bob)

        seat.refresh_from_db()
        assert seat.state == "available"
        assert not User.objects.filter(email="ada@example.org").exists()

    def test_nobody_assigns_a_seat_of_an_account_of_others(self, seat, course):
        stranger = MembershipFactory().user
        with pytest.raises(SeatNotFound):
            self.assign(seat, course, stranger)

    def test_the_supervisor_of_an_assigned_seat_leaves_and_the_learner_stays(self, seat, course, alice, bob):
        self.assign(seat, course, bob)
        assert open_roles(bob) == {("SEC-01", "teacher")}

        remove(bob, Order.objects.get())

        assert open_roles(bob) == set()
        seat.refresh_from_db()
        assert (seat.state, seat.person.email) == ("assigned", "ada@example.org")
        release_seat(account=seat.account, seat_id=seat.pk, actor=alice, now=timezone.now())
        assert not Enrolment.objects.open().filter(course=course).exists()
