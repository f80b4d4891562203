"""Join links at the operator's desk: Bob operates the account, Charlie is a stranger."""

import datetime
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.members.history.sources import history_of
from common.moments import day_ends, local_day
from enrolments.joining.errors import JoinLinkWithdrawn
from enrolments.joining.models import JoinCode, JoinLink, JoinUse
from enrolments.seats.models import Seat
from tests.enrolments.given import assign, given_pack, given_session
from tests.enrolments.joining.given import code, given_link, joins, text_of, token
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def bob(account):
    user = UserFactory(first_name="Bob", last_name="Leroy")
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user=user).user


@pytest.fixture
def client(bob):
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    return client


@pytest.fixture
def course():
    return CourseFactory(name_en="Fire safety")


def url(name, *args):
    return reverse(name, args=args)


def in_days(count: int) -> str:
    return (local_day(timezone.now()) + datetime.timedelta(days=count)).isoformat()


def post_link(client, account, batch, /, **fields):
    typed = {"source": f"batch:{batch.pk}", "way": "link", "places": 2, "ends_on": in_days(7), "course": ""}
    return client.post(url("account-join-link-new", account.pk), typed | fields)


def link_now(batch, bob, **how):
    return given_link(batch, bob, now=timezone.now(), **how)


def test_a_link_is_made_shown_and_leads_to_the_page_for_people(client, account, bob, course):
    batch = given_pack(account, seats=3)[0].batch

    made = post_link(client, account, batch, course=course.pk, domains="Example.org; @école.fr")

    link = JoinLink.objects.get()
    assert made["location"] == url("account-join-link", account.pk, link.pk)
    assert (link.maker, link.batch, link.course, link.places, link.has_codes) == (bob, batch, course, 2, False)
    assert link.allowed_domains == ["example.org", "école.fr"]
    assert link.ends_at == day_ends(local_day(timezone.now()) + datetime.timedelta(days=7))
    page = client.get(made["location"])
    shown = page.context["url"]
    assert shown.endswith(url("join-link", token(link)))
    assert f'value="{shown}"' in page.content.decode()
    assert "<svg" in page.content.decode()
    assert " style=" not in page.content.decode()
    assert Client().get(url("join-link", token(link))).status_code == 200
    assert "0 / 2" in text_of(client.get(url("account-join-links", account.pk)))


def test_a_token_has_256_bits_and_a_code_80(account, bob, course):
    batch = given_pack(account, seats=2)[0].batch

    assert re.fullmatch(r"[\w-]{43}", token(link_now(batch, bob, course=course)))
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code(link_now(batch, bob, has_codes=True)))


def test_the_seats_of_a_session_go_into_its_course(client, account, bob, course):
    given_pack(account)  # may be used for any course
    group = given_session(course, account, blanks=2, operator=bob, now=timezone.now()).batch.group

    post_link(client, account, group, source=f"session:{group.pk}", course=CourseFactory().pk)

    assert (JoinLink.objects.get().group, JoinLink.objects.get().course) == (group, course)


def test_codes_are_printed_one_for_each_seat_and_used_ones_are_left_out(client, account, bob, course):
    batch = given_pack(account, seats=3)[0].batch
    post_link(client, account, batch, course=course.pk, way="codes", places=3)
    link = JoinLink.objects.get()
    joins(code(link, 2), "ada@example.org", now=timezone.now())

    page = client.get(url("account-join-link-codes", account.pk, link.pk))

    printed = re.findall(r"([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</p>", page.content.decode())
    assert printed == [code(link, 1), code(link, 3)]
    assert page.content.decode().count('class="qr"') == 2
    assert "/join/" in text_of(page)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("places", 4, "Only 3 of these seats are free."),
        ("places", 0, "1"),
        ("ends_on", in_days(-1), "This day is past."),
        ("ends_on", in_days(1000), "within two years"),
        ("ends_on", "soon", "date"),
        ("domains", "example.org, no domain", "is no mail domain"),
        ("domains", "<b>", "is no mail domain"),
        ("source", "batch:0", "choice"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_stays(client, account, bob, field, value, sentence):
    batch = given_pack(account, seats=3)[0].batch

    refused = post_link(client, account, batch, **{field: value})

    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == [field]
    assert sentence in str(refused.context["form"].errors[field])
    assert refused.context["form"][field].value() == str(value)
    assert not JoinLink.objects.exists()


def test_a_course_the_seats_were_not_sold_for_cannot_be_fixed(client, account, bob, course):
    given_pack(account)  # these may be used for any course
    batch = given_pack(account, course_list="SEC-*", seats=2)[0].batch

    refused = post_link(client, account, batch, course=course.pk)

    assert "cannot be used for this course" in str(refused.context["form"].errors["course"])


def test_a_sheet_has_a_most_of_codes(client, account, bob):
    batch = given_pack(account, seats=501)[0].batch

    refused = post_link(client, account, batch, way="codes", places=501)

    assert "at most 500 codes" in str(refused.context["form"].errors["places"])


def test_without_a_free_seat_there_is_nothing_to_offer(client, account, bob):
    page = client.get(url("account-join-link-new", account.pk))

    assert "There is no free seat at the moment." in text_of(page)


def test_who_has_joined_is_counted_and_named(client, account, bob, course):
    batch = given_pack(account, seats=3)[0].batch
    link = link_now(batch, bob, course=course, places=2)
    joins(token(link), "ada@example.org", now=timezone.now())

    page = client.get(url("account-join-link", account.pk, link.pk))

    assert (page.context["used"], page.context["left"], page.context["free"]) == (1, 1, 2)
    assert "Ada Byron ada@example.org" in text_of(page)
    seat = Seat.objects.get(state="assigned")
    assert f"Taken through join link {link.pk}" in text_of(client.get(url("account-seat", account.pk, seat.pk)))


def test_seats_that_others_took_are_told(client, account, bob, course):
    first, second = given_pack(account, seats=2)
    link = link_now(first.batch, bob, course=course, places=2)
    assign(second, course, "eve@example.org", bob)

    page = client.get(url("account-join-link", account.pk, link.pk))

    assert "Only 1 of these seats is free: others were assigned meanwhile." in text_of(page)


def test_a_link_is_withdrawn_once_by_post_and_who_has_a_seat_keeps_it(client, account, bob, course):
    link = link_now(given_pack(account, seats=2)[0].batch, bob, course=course, places=2)
    joins(token(link), "ada@example.org", now=timezone.now())
    address = url("account-join-link-revoke", account.pk, link.pk)

    assert client.get(address).status_code == 405
    assert client.post(address)["location"] == url("account-join-link", account.pk, link.pk)
    link.refresh_from_db()
    at = link.revoked_at
    assert link.revoked_by == bob
    client.post(address)
    link.refresh_from_db()

    assert link.revoked_at == at
    assert Seat.objects.get(person__email="ada@example.org").state == "assigned"
    page = client.get(url("account-join-link", account.pk, link.pk))
    assert page.context["url"] not in text_of(page) or not page.context["url"]
    assert "Bob Leroy" in text_of(page)


def withdraw(client, link, number):
    return client.post(url("account-join-link-code", link.account_id, link.pk), {"number": number})


def test_one_code_is_withdrawn_by_its_number_and_the_others_stay(client, account, bob, course):
    link = link_now(given_pack(account, seats=3)[0].batch, bob, course=course, places=3, has_codes=True)

    assert client.get(url("account-join-link-code", account.pk, link.pk)).status_code == 405
    assert withdraw(client, link, 2)["location"] == url("account-join-link", account.pk, link.pk)
    at = JoinCode.objects.get(link=link, number=2).revoked_at
    withdraw(client, link, 2)

    assert JoinCode.objects.get(link=link, number=2).revoked_at == at
    page = client.get(url("account-join-link", account.pk, link.pk))
    assert (page.context["used"], page.context["left"]) == (0, 2)
    assert re.search(r"No. 2: withdrawn .* by Bob Leroy", text_of(page))
    sheet = client.get(url("account-join-link-codes", account.pk, link.pk))
    assert [each["number"] for each in sheet.context["codes"]] == [1, 3]
    visitor = Client(headers={"accept-language": "en"})
    assert "This way to join was withdrawn." in text_of(visitor.get(url("join-link", code(link, 2))))
    with pytest.raises(JoinLinkWithdrawn):
        joins(code(link, 2), "eve@example.org", now=timezone.now())
    assert joins(code(link, 3), "ada@example.org", now=timezone.now()).is_used


def test_what_cannot_be_withdrawn_is_told_at_the_field(client, account, bob, course):
    link = link_now(given_pack(account, seats=2)[0].batch, bob, course=course, places=2, has_codes=True)
    joins(code(link, 1), "ada@example.org", now=timezone.now())

    for number, sentence in ((1, "release the seat instead"), (3, "None of these codes"), ("x", "whole number")):
        refused = withdraw(client, link, number)
        assert refused.status_code == 422
        assert sentence in str(refused.context["form"].errors["number"])
        assert refused.context["form"]["number"].value() == str(number)
    assert not JoinCode.objects.filter(revoked_at__isnull=False).exists()
    assert withdraw(client, link_now(link.batch, bob, course=course), 1).status_code == 404


def test_when_all_codes_are_gone_the_sheet_says_so(client, account, bob, course):
    link = link_now(given_pack(account, seats=2)[0].batch, bob, course=course, places=1, has_codes=True)
    withdraw(client, link, 1)

    sheet = client.get(url("account-join-link-codes", account.pk, link.pk))

    assert "No code is left: all were used or withdrawn." in text_of(sheet)


def test_what_was_done_with_links_is_in_the_history(client, account, bob, course):
    batch = given_pack(account, seats=4)[0].batch
    sheet, link = link_now(batch, bob, course=course, has_codes=True), link_now(batch, bob, course=course)
    withdraw(client, sheet, 1)
    for each in (sheet, link):
        client.post(url("account-join-link-revoke", account.pk, each.pk))
    MembershipFactory(account=account, is_owner=True, user=(olga := UserFactory(language="en")))

    told = [deed.text for deed in history_of(account, size=20, actor_id=bob.pk).deeds]

    assert set(told) == {
        f"Made printed codes {sheet.pk}", f"Made join link {link.pk}", f"Withdrew code 1 of printed codes {sheet.pk}",
        f"Withdrew printed codes {sheet.pk}", f"Withdrew join link {link.pk}",
    }  # fmt: skip
    assert history_of(account, size=20, actor_id=olga.pk).deeds == []


@pytest.mark.parametrize(
    "name", ["account-join-link", "account-join-link-codes", "account-join-link-code", "account-join-link-revoke"]
)
def test_a_link_of_another_account_does_not_exist(client, account, name):
    charlie = MembershipFactory(is_operator=True)
    theirs = link_now(given_pack(charlie.account)[0].batch, charlie.user, has_codes=True)

    answer = client.post if name.endswith(("revoke", "link-code")) else client.get
    assert answer(url(name, account.pk, theirs.pk)).status_code == 404
    assert answer(url(name, charlie.account.pk, theirs.pk)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_seats_of_another_account_cannot_be_chosen(client, account):
    theirs = given_pack(CustomerAccountFactory(), seats=3)[0].batch
    given_pack(account)

    assert post_link(client, account, theirs).status_code == 422
    assert not JoinLink.objects.exists()


def test_pages_ask_as_much_for_many_links_and_uses_as_for_one(client, account, bob, course):
    batch = given_pack(account, seats=12)[0].batch
    link = link_now(batch, bob, course=course, places=9)

    def queries(address):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    joins(token(link), "first@example.org", now=timezone.now())
    pages = [url("account-join-links", account.pk), url("account-join-link", account.pk, link.pk)]
    for page in pages:
        client.get(page)
    few = [queries(page) for page in pages]
    for number in range(5):
        joins(token(link), f"p{number}@example.org", now=timezone.now())
        link_now(batch, bob)

    assert [queries(page) for page in pages] == few
    assert JoinUse.objects.count() == 6
