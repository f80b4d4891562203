"""Lists of people at the operator's desk: Bob operates the account, Charlie is a stranger."""

import re
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.rate_limits.models import Attempts
from accounts.teams.models import Team
from enrolments.lists.models import PeopleList
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from outbox.jobs.running import run_due_jobs
from tests.enrolments.given import ENTRY, given_pack, given_session
from tests.enrolments.lists.given import given_list, people, verdicts
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

PEOPLE = "E-mail;First name;Last name\nada@example.org;Ada;Byron\nBob@example.org;Bob;Hope\nno address;Eve;Old\n"


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def bob(account):
    user = UserFactory(email="operator@example.org", first_name="Bob", last_name="Leroy")
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user=user).user


@pytest.fixture
def client(bob):
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    return client


@pytest.fixture
def course():
    return CourseFactory()


def url(name, *args):
    return reverse(name, args=args)


def post_list(client, account, course, /, **fields):
    typed = {"source": f"entry:{ENTRY.code}", "course": course.pk, "people": PEOPLE}
    return client.post(url("account-list-new", account.pk), typed | fields)


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_people_pasted_are_looked_at_mended_and_placed(client, account, course):
    given_pack(account, seats=4)

    made = post_list(client, account, course)
    draft = PeopleList.objects.get()
    page = client.get(made["location"])

    assert made["location"] == url("account-list", account.pk, draft.pk)
    assert verdicts(draft) == ["new", "new", "invalid_address"]
    assert "Place the 2 valid ones" in text_of(page)
    assert "1 row cannot be placed" in text_of(page)

    line = url("account-list-row", account.pk, draft.pk, 4)
    form = client.get(line).context["form"]
    assert form.initial["email"] == "no address"
    mended = client.post(line, {"email": "eve@example.org", "first_name": "Eve", "last_name": "Old", "version": 1})
    assert mended["location"] == url("account-list", account.pk, draft.pk)
    draft.refresh_from_db()
    assert (verdicts(draft), draft.version) == (["new", "new", "new"], 2)

    started = client.post(url("account-list-start", account.pk, draft.pk), {"mode": "all", "version": draft.version})
    assert started.status_code == 302
    moving = client.get(started["location"])
    assert 'hx-trigger="every 2s"' in moving.content.decode()
    assert "HX-Refresh" not in client.get(url("account-list-state", account.pk, draft.pk))

    run_due_jobs()

    assert client.get(url("account-list-state", account.pk, draft.pk))["HX-Refresh"] == "true"
    result = text_of(client.get(started["location"]))
    assert result.count("Seat ") == 3
    assert "sent" in result
    assert Seat.objects.filter(state="assigned").count() == 3
    assert "Placed" in text_of(client.get(url("account-lists", account.pk)))


def test_a_file_is_read_and_its_line_numbers_are_those_of_the_spreadsheet(client, account, course):
    given_pack(account, seats=4)
    file = SimpleUploadedFile("people.csv", PEOPLE.encode("cp1252"))

    post_list(client, account, course, people="", file=file)

    assert list(PeopleList.objects.get().rows.order_by("line").values_list("line", flat=True)) == [2, 3, 4]


def test_a_corrected_list_takes_the_place_of_the_draft(client, account, course):
    given_pack(account, seats=4)
    post_list(client, account, course)
    draft = PeopleList.objects.get()
    link = f"{url('account-list-new', account.pk)}?corrects={draft.pk}"
    assert link in client.get(url("account-list", account.pk, draft.pk)).content.decode()
    form = client.get(link).context["form"]
    assert form.initial == {
        "source": f"entry:{ENTRY.code}", "course": course.pk, "corrects": draft.pk, "version": draft.version,
    }  # fmt: skip

    right = PEOPLE.replace("no address", "eve@example.org")
    post_list(client, account, course, people=right, corrects=draft.pk, version=draft.version)

    corrected = PeopleList.objects.get()
    assert corrected.pk != draft.pk
    assert verdicts(corrected) == ["new", "new", "new"]

    # The very list again stays as it is.
    post_list(client, account, course, people=right, corrects=corrected.pk, version=corrected.version)
    assert PeopleList.objects.get() == corrected


@pytest.mark.parametrize("corrects", ["moved", "gone", "another's"])
def test_a_draft_changed_meanwhile_is_not_replaced_and_what_was_pasted_stays(client, account, course, corrects):
    given_pack(account, seats=4)
    post_list(client, account, course)
    draft = PeopleList.objects.get()
    other = CustomerAccountFactory()
    given_pack(other)
    theirs = given_list(other, UserFactory(), people("ada@example.org"), course)
    shown = {"moved": (draft.pk, 7), "gone": (draft.pk + 1_000, 1), "another's": (theirs.pk, 1)}[corrects]

    answer = post_list(client, account, course, people="zoe@example.org", corrects=shown[0], version=shown[1])

    assert answer.status_code == 409
    assert "zoe@example.org" in answer.content.decode()
    assert set(PeopleList.objects.all()) == {draft, theirs}


def test_a_draft_of_another_account_is_not_found(client, account, course):
    given_pack(account)
    other = CustomerAccountFactory()
    given_pack(other)
    theirs = given_list(other, UserFactory(), people("ada@example.org"), course)
    assert client.get(f"{url('account-list-new', account.pk)}?corrects={theirs.pk}").status_code == 404


@pytest.mark.parametrize("typed", ["", "nothing with an address"])
def test_a_text_that_is_no_list_stays_on_the_page_with_the_reason(client, account, course, typed):
    given_pack(account)

    answer = post_list(client, account, course, people=typed)

    assert answer.status_code == 422
    assert answer.context["form"].errors["people"]
    assert typed in answer.content.decode()
    assert not PeopleList.objects.exists()


def test_markup_in_names_and_long_addresses_are_shown_as_text_and_refused(client, account, course):
    given_pack(account, seats=2)
    text = "E-mail;First name;Last name\n" + "a" * 300 + "@example.org;<b>Eve</b>;Old\n"

    made = post_list(client, account, course, people=text)

    assert verdicts(PeopleList.objects.get()) == ["invalid_address"]
    assert "<b>Eve" not in client.get(made["location"]).content.decode()


def test_a_session_is_filled_from_its_page(client, account, course):
    session = given_session(course, account, blanks=2)
    page = client.get(url("account-session", account.pk, session.group.pk))
    address = f"{url('account-list-new', account.pk)}?source=session:{session.group.pk}"
    assert address in page.content.decode()
    assert client.get(address).context["form"]["source"].value() == f"session:{session.group.pk}"

    post_list(client, account, course, source=f"session:{session.group.pk}", course="")

    draft = PeopleList.objects.get()
    assert (draft.group, draft.course) == (session.group, course)


def test_a_page_that_is_out_of_date_begins_nothing(client, account, bob, course):
    given_pack(account, seats=2)
    draft = given_list(account, bob, people("ada@example.org"), course)
    PeopleList.objects.update(version=2)

    answers = [
        client.post(url("account-list-start", account.pk, draft.pk), {"mode": "all", "version": 1}),
        client.post(url("account-list-discard", account.pk, draft.pk), {"version": 1}),
        client.post(
            url("account-list-row", account.pk, draft.pk, 2),
            {"email": "eve@example.org", "first_name": "Eve", "last_name": "Old", "version": 1},
        ),
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert "eve@example.org" in answers[2].content.decode()
    assert draft.rows.get().email == "ada@example.org"
    assert PeopleList.objects.get().state == "draft"


def test_a_draft_is_deleted(client, account, bob, course):
    given_pack(account)
    draft = given_list(account, bob, people("ada@example.org"), course)

    client.post(url("account-list-discard", account.pk, draft.pk), {"version": 1})

    assert not PeopleList.objects.exists()


def test_a_list_of_another_account_does_not_exist(client, account, course):
    theirs = MembershipFactory(is_operator=True)
    given_pack(theirs.account, seats=2)
    draft = given_list(theirs.account, theirs.user, people("ada@example.org"), course)
    before = PeopleList.objects.values().get()

    for name, args in (
        ("account-list", ()), ("account-list-state", ()), ("account-list-row", (2,)),
        ("account-list-result", ("csv",)),
    ):  # fmt: skip
        assert client.get(url(name, account.pk, draft.pk, *args)).status_code == 404
    for name, args in (
        ("account-list-start", ()), ("account-list-judge", ()), ("account-list-discard", ()),
        ("account-list-row", (2,)),
    ):  # fmt: skip
        assert client.post(url(name, account.pk, draft.pk, *args), {"version": 1, "mode": "all"}).status_code == 404
    assert PeopleList.objects.values().get() == before
    assert list(client.get(url("account-lists", account.pk)).context["page"].rows) == []


def test_seats_of_another_account_cannot_be_chosen(client, account, course):
    given_pack(account)
    session = given_session(course, CustomerAccountFactory(), blanks=2)

    answer = post_list(client, account, course, source=f"session:{session.group.pk}")

    assert answer.status_code == 422
    assert not PeopleList.objects.exists()


def test_a_result_and_an_empty_list_are_downloaded(client, account, bob, course):
    given_pack(account, seats=2)
    draft = given_list(account, bob, people("ada@example.org"), course)

    file = b"".join(client.get(url("account-list-result", account.pk, draft.pk, "csv")).streaming_content).decode()
    empty = b"".join(client.get(url("account-list-template", account.pk, "csv")).streaming_content).decode()

    assert "ada@example.org" in file
    assert "New person" in file
    assert "E-mail" in empty


def test_the_page_of_a_list_needs_as_many_statements_for_ten_rows_as_for_two_hundred(client, account, bob, course):
    given_pack(account, seats=300)
    spent = []
    for size in (10, 200):
        draft = given_list(account, bob, people(*(f"{size}-{each}@example.org" for each in range(size))), course)
        with CaptureQueriesContext(connection) as queries:
            client.get(url("account-list", account.pk, draft.pk))
        spent.append(len(queries))
    assert spent[0] == spent[1] <= 12


LIMITS = {
    "address by person": "1/h/user", "address on a paid seat by person": "1/h/user", "mail to others": "1/h/key",
    "mail to others by person": "1/h/user", "mail before payment by person": "1/d/user",
}  # fmt: skip


def assign_from(client, account, seat, course, email):
    typed = {"course": course.pk, "email": email, "first_name": "Zoé", "last_name": "Petit"}
    return client.post(url("account-seat", account.pk, seat.pk), typed).status_code


def test_a_list_on_paid_seats_is_placed_whole_and_counts_for_nothing_among_single_invitations(
    settings, client, account, bob, course
):
    CustomerAccount.objects.filter(pk=account.pk).update(credit_limit=1)
    settings.RATE_LIMITS = LIMITS
    given_pack(account, seats=9)
    draft = given_list(account, bob, people(*(f"p{number}@example.org" for number in range(5))), course)

    started = client.post(url("account-list-start", account.pk, draft.pk), {"mode": "all", "version": 1})
    run_due_jobs()

    assert started.status_code == 302
    assert Seat.objects.filter(state="assigned").count() == 5
    assert not Attempts.objects.exists()
    # Whoever is put on a seat of the list in place of another one is a single invitation like any other.
    seats = [row.seat for row in draft.rows.select_related("seat").order_by("line")]
    for seat in seats[:2]:
        release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now())
    answers = [assign_from(client, account, seat, course, f"new{seat.pk}@example.org") for seat in seats[:2]]
    assert answers == [302, 429]


def test_a_list_of_an_account_that_has_paid_for_nothing_is_counted_like_single_invitations(
    settings, client, account, bob, course
):
    settings.RATE_LIMITS = LIMITS | {
        "mail to others by person": "9/h/user",
        "mail before payment by person": "2/d/user",
    }
    given_pack(account, seats=9)
    few, many = (
        given_list(account, bob, people(*(f"{name}{number}@example.org" for number in range(number_of))), course)
        for name, number_of in (("few", 2), ("many", 3))
    )

    assert client.post(url("account-list-start", account.pk, few.pk), {"mode": "all", "version": 1}).status_code == 302
    answer = client.post(url("account-list-start", account.pk, many.pk), {"mode": "all", "version": 1})

    assert answer.status_code == 429
    assert "Before its first paid order an account can invite only a few people a day." in text_of(answer)
    many.refresh_from_db()
    assert (many.state, many.version) == ("draft", 1)


def test_every_column_of_a_line_is_mended_and_shown(client, account, bob, course):
    given_pack(account, seats=3)
    nantes = Team.objects.create(account=account, name="Nantes")
    row = replace(people("ada@example.org")[0], language="klingon", team="Lyon", role="tutor")
    draft = given_list(account, bob, [row], course)
    line = url("account-list-row", account.pk, draft.pk, 2)

    form = client.get(line).context["form"]
    assert {name: form.initial[name] for name in ("language", "team", "role")} == {
        "language": "klingon", "team": "Lyon", "role": "tutor",
    }  # fmt: skip
    assert "One of: Nantes. Empty for none." in text_of(client.get(line))
    typed = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Roy", "role": "", "version": 1}
    client.post(line, typed | {"language": "french", "team": "nantes"})

    assert verdicts(draft) == ["new"]
    page = text_of(client.get(url("account-list", account.pk, draft.pk)))
    assert "Language: French" in page
    assert "Team: nantes" in page
    file = b"".join(client.get(url("account-list-result", account.pk, draft.pk, "csv")).streaming_content).decode()
    assert ",french,nantes," in file
    assert nantes.seats.count() == 0
