"""At the same moment.

A claimed order moves into another account of its claimant, and in another tab the claimant works on what it delivered:
whichever comes first, both pages answer, and everything the order made belongs to one account.
"""

import pytest
from django.utils import timezone

from accounts.members import services as members
from accounts.members.models import CustomerAccount, Membership
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.people.services import PersonTyped
from enrolments.courses.groups.models import CourseGroup
from enrolments.grounds.models import Ground
from enrolments.seats import assign as assign_module
from enrolments.seats import release as release_module
from enrolments.seats.assign import assign_seat
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from shop.orders import claim as claim_module
from shop.orders import fulfilment as fulfilment_module
from shop.orders.claim import claim_order, move_claimed_order
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.rivals.given import session_entry
from tests.rivals.processes import Rival, deadlocks_among, errors_among, race

pytestmark = pytest.mark.django_db(transaction=True)

ASSIGNED = [(assign_module, "write_grounds")]
RELEASED = [(release_module, "lock_unmoved")]
MOVED = [(claim_module, "move_enrolments")]


def claimed():
    """Return Alice, a delivered pack claimed by Alice, the account to move it into, and a course."""
    alice = UserFactory(email="alice@example.org")
    own = MembershipFactory(user=alice).account
    entry = EntryFactory(handler="std_generateseats", parameters={"packsize": 2})
    order = place(make_cart(entry), email=alice.email)
    pay(order)
    deliver(order)
    claim_order(order_id=order.pk, user=alice, now=timezone.now())
    order.refresh_from_db()
    return alice, order, own, CourseFactory()


def moving(order: Order, alice: User, own: CustomerAccount, **pauses) -> Rival:
    def move():
        return move_claimed_order(order_id=order.pk, user=alice, account_id=own.pk, now=timezone.now()).account_id

    return Rival(move, **pauses)


def assigning(seat: Seat, course, alice: User, account: CustomerAccount, **pauses) -> Rival:
    def work():
        return assign_seat(
            account=account,
            seat_id=seat.pk,
            course=course,
            person=PersonTyped(email="ada@example.org", first_name="Ada", last_name="Byron"),
            operator=alice,
            language="en",
            now=timezone.now(),
        ).is_used

    return Rival(work, **pauses)


def all_belong_to(account: CustomerAccount) -> bool:
    models = (CourseGroup, Ground, Seat, SeatBatch, SeatEvent, Mail, Order, Delegation)
    owners = {pk for model in models for pk in model.objects.values_list("account_id", flat=True)}
    accounts = CustomerAccount.objects.filter(closed_at__isnull=True)
    return owners <= {account.pk, None} and set(accounts) == {account}


def test_a_seat_assigned_first_moves_with_its_group_and_history(trial):
    alice, order, own, course = claimed()
    seat = Seat.objects.order_by("pk").first()

    assigned, moved = race(
        assigning(seat, course, alice, order.account, after=ASSIGNED), moving(order, alice, own), in_turn=True
    )

    assert (errors_among([assigned, moved]), deadlocks_among([assigned, moved])) == ([], 0)
    assert moved.kept_away
    assert all_belong_to(own)
    assert Seat.objects.get(pk=seat.pk).person.email == "ada@example.org"
    assert CourseGroup.objects.count() == 1
    trial.note("orders that moved after a seat of theirs was assigned", 1)


def test_a_seat_of_an_order_that_has_just_moved_is_not_there_any_more(trial):
    alice, order, own, course = claimed()
    seat = Seat.objects.order_by("pk").first()

    moved, assigned = race(
        moving(order, alice, own, after=MOVED), assigning(seat, course, alice, order.account), in_turn=True
    )

    assert (moved.error, assigned.error, deadlocks_among([moved, assigned])) == ("", "SeatNotFound", 0)
    assert all_belong_to(own)
    assert not User.objects.filter(email="ada@example.org").exists()
    assert SeatEvent.objects.filter(seat=seat).count() == 1
    trial.note("orders that moved before a seat of theirs was assigned", 1)


@pytest.mark.parametrize("is_first", [True, False], ids=["released first", "moved first"])
def test_a_seat_taken_back_meanwhile_leaves_no_history_behind(is_first):
    alice, order, own, course = claimed()
    account = order.account
    seat = Seat.objects.order_by("pk").first()
    assigning(seat, course, alice, account).work()

    def release():
        release_seat(account=account, seat_id=seat.pk, actor=alice, now=timezone.now())

    if is_first:
        released, moved = race(Rival(release, after=RELEASED), moving(order, alice, own), in_turn=True)
    else:
        moved, released = race(moving(order, alice, own, after=MOVED), release, in_turn=True)

    assert (moved.error, released.error) == ("", "" if is_first else "SeatNotFound")
    assert all_belong_to(own)


def test_who_is_invited_at_that_moment_keeps_the_order_where_it_is_or_is_not_invited(trial):
    alice, order, own, _course = claimed()
    account = order.account

    def invite():
        members.invite_member(
            account=account, invited_by=alice, email="dan@example.org", roles=["is_buyer"], language="en",
            now=timezone.now(),
        )  # fmt: skip

    invited, moved = race(Rival(invite, before=[(members, "queue_mail")]), moving(order, alice, own), in_turn=True)
    assert (invited.error, moved.error) == ("", "ClaimRefused")
    members.withdraw_invitation(account=account, invitation_id=account.member_invitations.get().pk, now=timezone.now())
    moved, invited = race(moving(order, alice, own, after=MOVED), invite, in_turn=True)
    assert (moved.error, invited.error) == ("", "DoesNotExist")
    trial.note("orders that moved while somebody was invited", 1)


def without_the_locks_of_the_account():
    claim_module.lock_to_absorb = lambda **_accounts: None
    assign_module.keep_at_desk = lambda **_whose: Membership(is_owner=True)


def test_control_without_the_accounts_locks_either_order_breaks():
    alice, order, own, course = claimed()
    seat = Seat.objects.order_by("pk").first()

    moved, assigned = race(
        moving(order, alice, own, after=MOVED),
        assigning(seat, course, alice, order.account),
        in_turn=True,
        without=without_the_locks_of_the_account,
    )

    assert moved.error or assigned.error == "SeatNotFree" or not all_belong_to(own)


def test_a_removed_operator_who_is_just_assigning_supervises_nothing_afterwards(trial):
    account = MembershipFactory().account
    bob = MembershipFactory(account=account, is_owner=False, is_operator=True)
    entry = EntryFactory(handler="std_generateseats", parameters={"packsize": 1})
    owner = account.memberships.get(is_owner=True).user
    order = place(make_cart(entry, user=owner), user=owner, account=account)
    pay(order)
    deliver(order)
    seat, course = Seat.objects.get(), CourseFactory()

    def remove():
        members.remove_member(account=account, membership_id=bob.pk, now=timezone.now())

    assigned, removed = race(assigning(seat, course, bob.user, account, after=ASSIGNED), remove, in_turn=True)

    assert (errors_among([assigned, removed]), removed.kept_away) == ([], True)
    assert not Membership.objects.filter(pk=bob.pk).exists()
    assert not Ground.objects.live().filter(enrolment__user=bob.user).exists()
    assert Ground.objects.live().filter(kind="seat").count() == 1
    trial.note("operators removed while assigning", 1)


def test_an_operator_removed_while_the_order_is_delivered_supervises_nothing_afterwards(trial):
    owner = MembershipFactory()
    bob = MembershipFactory(account=owner.account, is_owner=False, is_operator=True)
    entry = session_entry(CourseFactory())
    order = place(make_cart(entry, user=owner.user), user=owner.user, account=owner.account, operator=bob.user)
    pay(order)

    def remove():
        members.remove_member(account=owner.account, membership_id=bob.pk, now=timezone.now())

    delivered, removed = race(Rival(run_due_jobs, after=[(fulfilment_module, "take_operator")]), remove, in_turn=True)

    assert (errors_among([delivered, removed]), removed.kept_away) == ([], True)
    assert Ground.objects.get(enrolment__user=bob.user).ended_reason == "right_lost"
    trial.note("operators removed during a delivery", 1)
