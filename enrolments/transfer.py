"""Move of a claimed order's seats, groups and grounds, and of all else of its account, into the claimant's account."""

from __future__ import annotations

from django.db import transaction

from accounts.members.models import CustomerAccount
from enrolments.calendar.transfer import move_calendar_links
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.models import PlaceHold
from enrolments.grounds.models import Ground
from enrolments.joining.transfer import move_join_links
from enrolments.lists.transfer import move_lists
from enrolments.requests.transfer import move_requests
from enrolments.runs.transfer import move_runs
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from enrolments.waiting.transfer import move_waiting_places


def move_order(*, order_id: int, from_account: CustomerAccount, to_account: CustomerAccount) -> None:
    """Give an order's batches, seats, their history, groups, grounds and held places to another account, with what the
    order's account made of them: requests, lists of people, join links, calendar links, waiting places and runs.

    Runs under the order's lock and that of the account that goes away (FOR UPDATE), both held by the caller, so that
    nobody delivers, assigns, releases or gives back meanwhile. Only a learner may still enter: the seats are locked
    first, so that the history row of the entry moves along. Seventeen statements. (Delegations, and users the order
    made, are moved by `accounts`.)
    """
    of_order = {"order_id": order_id, "account": from_account}
    seats = Seat.objects.filter(batch__order_id=order_id, account=from_account)
    with transaction.atomic(savepoint=False):
        CourseGroup.objects.filter(**of_order).update(account=to_account)
        list(seats.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))
        SeatEvent.objects.filter(seat__batch__order_id=order_id, account=from_account).update(account=to_account)
        seats.update(account=to_account, team=None)
        SeatBatch.objects.filter(**of_order).update(account=to_account)
        Ground.objects.filter(**of_order).update(account=to_account)
        PlaceHold.objects.filter(**of_order).update(account=to_account)
        move_requests(from_account=from_account, to_account=to_account)
        move_lists(from_account=from_account, to_account=to_account)
        move_join_links(from_account=from_account, to_account=to_account)
        move_calendar_links(from_account=from_account, to_account=to_account)
        move_waiting_places(from_account=from_account, to_account=to_account)
        move_runs(from_account=from_account, to_account=to_account)
