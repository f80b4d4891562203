"""The page of the administration that gives seats away, and the pages that name where they are."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from enrolments.seats.give import give_seats
from enrolments.seats.models import Seat
from tests.enrolments.given import assign, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.admin_pages import line_url, order_url, text_of
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant():
    return staff("enrolments.view_seatbatch", "enrolments.give_seats", "accounts.view_customeraccount")


@pytest.fixture
def seats():
    return given_pack(MembershipFactory(account__name="Ateliers Martin").account, seats=3)


@pytest.fixture
def other():
    return MembershipFactory(account__name="Zinc SA").account


def give_url(seats):
    return reverse("admin:enrolments_seatbatch_give", args=[seats[0].batch_id])


def batch_url(seats):
    return reverse("admin:enrolments_seatbatch_change", args=[seats[0].batch_id])


def typed(seats, account, **changes):
    return {"number": "2", "account": account.pk, "reason": "Agreed", "seen": seats[0].account_id} | changes


def test_seats_are_given_from_the_page_of_the_lines_seats(merchant, seats, other):
    client = browser_of(merchant)
    assert give_url(seats) in client.get(batch_url(seats)).content.decode()
    assert "Ateliers Martin has 3 free seats here." in text_of(client.get(give_url(seats)))

    answer = client.post(give_url(seats), typed(seats, other), follow=True)

    assert answer.redirect_chain == [(batch_url(seats), 302)]
    page = text_of(answer)
    assert "2 seats were given to Zinc SA." in page
    assert "Zinc SA : 2 seats" in page
    assert Seat.objects.filter(account=other).count() == 2
    assert LogEntry.objects.get().change_message == "2 seats were given to Zinc SA."


def test_what_was_typed_stays_beside_a_refusal(merchant, seats, other):
    client = browser_of(merchant)

    answer = client.post(give_url(seats), typed(seats, other, number="4"))
    assert answer.context["form"].errors == {"number": ["Only 3 of these seats are free. Nothing was given."]}
    assert answer.context["form"]["reason"].value() == "Agreed"

    nobodys = client.post(give_url(seats), typed(seats, CustomerAccountFactory()))
    assert list(nobodys.context["form"].errors) == ["account"]
    elsewhere = client.post(give_url(seats), typed(seats, other, seen=other.pk))
    assert "another customer account meanwhile" in text_of(elsewhere)
    for wrong in ({"number": "0"}, {"number": "10001"}, {"reason": ""}, {"account": "x"}, {"seen": "x"}):
        assert client.post(give_url(seats), typed(seats, other) | wrong).status_code == 200
    assert not Seat.objects.filter(account=other).exists()


@pytest.mark.parametrize("missing", ["enrolments.view_seatbatch", "enrolments.give_seats"])
def test_nobody_without_the_right_gives_seats(seats, other, missing):
    rights = {"enrolments.view_seatbatch", "enrolments.give_seats", "accounts.view_customeraccount"} - {missing}
    client = browser_of(staff(*rights))

    assert client.get(give_url(seats)).status_code == 403
    assert client.post(give_url(seats), typed(seats, other)).status_code == 403
    assert give_url(seats) not in client.get(batch_url(seats)).content.decode()
    assert not Seat.objects.filter(account=other).exists()


def test_a_session_has_no_such_page(merchant):
    made = given_session(CourseFactory(), CustomerAccountFactory(), blanks=1)

    client = browser_of(merchant)
    assert client.get(reverse("admin:enrolments_seatbatch_give", args=[made.batch.pk])).status_code == 404
    assert client.get(reverse("admin:enrolments_seatbatch_give", args=[0])).status_code == 404


def test_the_order_and_its_giving_back_name_where_the_seats_are(other):
    owner = MembershipFactory(account__name="Ateliers Martin")
    entry = EntryFactory(handler="std_generateseats", parameters={"packsize": 4})
    order = place(make_cart(entry, user=owner.user), user=owner.user, account=owner.account)
    pay(order)
    deliver(order)
    line = order.lines.get()
    merchant = UserFactory(is_staff=True, is_superuser=True)
    give_seats(
        batch_id=Seat.objects.first().batch_id,
        from_account_id=owner.account.pk,
        to_account_id=other.pk,
        number=2,
        actor=merchant,
        reason="Agreed",
        now=timezone.now(),
    )
    bo = UserFactory(first_name="Bo", last_name="Test")
    assign(Seat.objects.filter(account=other).first(), CourseFactory(), bo.email, UserFactory(), now=timezone.now())
    client = browser_of(merchant)

    assert "Given to Zinc SA: 2" in text_of(client.get(order_url(order)))
    look = text_of(client.post(line_url(line, "give_back"), {"units": "1", "reason": "Agreed", "owes_money": "on"}))

    assert f"Given to Zinc SA ({other.pk})" in look
    assert "Available: 1, Assigned: 1" in look
    assert "Bo Test, of Zinc SA" in look
