"""A cart that begins with a list of people."""

import re

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrolments.lists.models import PeopleList
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from enrolments.values import EntryRef
from shop.cart.models import Cart, CartLine, CartUnit
from tests.enrolments import given
from tests.enrolments.given import assign, given_pack, given_session
from tests.enrolments.lists.given import place
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, pay
from tests.shop.steps import press_order, signed_in, type_details, units_shown

pytestmark = pytest.mark.django_db

PEOPLE = "E-mail;Prénom;Nom\nada@example.org;Ada;Roy\nbob@example.org;Bob;Blanc\neve@example.org;Eve;Petit\n"


@pytest.fixture
def owner():
    return MembershipFactory(is_owner=True)


@pytest.fixture
def client(owner):
    return signed_in(owner.user)


@pytest.fixture
def course(db):
    return CourseFactory(short_name="SEC-1", name_en="Safety one", capacity=50)


@pytest.fixture
def pack(course):
    """An entry whose seats the account of `given_pack` has."""
    return EntryFactory(code=given.ENTRY.code, handler="std_generateseats", parameters={"courselist": "SEC-*"})


@pytest.fixture
def session(course):
    return EntryFactory(code="SESSION", handler="std_setuponecoursesession", parameters={"coursename": "SEC-1"})


def address(account) -> str:
    return reverse("account-from-list", args=[account.pk])


def look(client, account, entry, people=PEOPLE, **more):
    return client.post(address(account), {"entry": entry.code, "people": people, "look": "1", **more})


def put(client, account, entry, people=PEOPLE, **more):
    """Press the button of the page that was just shown."""
    shown = look(client, account, entry, people, **more)
    seen = shown.context["looking"].fingerprint
    return client.post(address(account), {"entry": entry.code, "people": people, "seen": seen, "put": "1", **more})


def counts(answer) -> tuple[int, int, int, int]:
    """Return how many are there, get a seat in stock, need one bought, and cannot be placed."""
    looking = answer.context["looking"]
    return len(looking.looked.there), len(looking.in_stock), len(looking.to_buy), len(looking.looked.wrong)


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_people_are_told_apart_by_what_their_account_has(client, owner, course, pack):
    now = timezone.now()
    first, _second = given_pack(owner.account, seats=2, course_list="SEC-*", now=now)
    assign(first, course, "ada@example.org", owner.user, now=now)
    people = PEOPLE + "Eve@Example.org;Eve;Petit\nnobody;Eve;Petit\n"

    answer = look(client, owner.account, pack, people, course=course.pk)

    assert answer.status_code == 200
    assert counts(answer) == (1, 1, 1, 2)
    assert [shown.kind for shown in answer.context["rows"]] == ["wrong", "wrong", "buy", "stock", "there"]
    assert "Put 1 unit into the cart" in answer.content.decode()
    assert not Cart.objects.exists()
    assert not PeopleList.objects.exists()


def test_seats_missing_go_into_the_cart_and_the_people_wait_at_the_desk(client, owner, course, pack):
    given_pack(owner.account, seats=1, course_list="SEC-*", now=timezone.now())

    answer = put(client, owner.account, pack, course=course.pk)

    assert answer.url == reverse("cart")
    assert said(answer) == [
        f"2 units of “{pack.name}” are in your cart.",
        "Your list is kept among the lists of people: place it once the seats are there.",
    ]
    line = CartLine.objects.get()
    assert (line.entry, line.quantity, line.cart.user) == (pack, 2, owner.user)
    kept = PeopleList.objects.get()
    assert (kept.state, kept.entry_code, kept.course) == ("draft", pack.code, course)
    assert list(kept.rows.order_by("line").values_list("verdict", flat=True)) == ["new", "no_seat", "no_seat"]


def test_units_of_several_seats_are_as_many_as_are_needed(client, owner, course, pack):
    pack.parameters = {"courselist": "SEC-*", "packsize": 2}
    pack.save()
    put(client, owner.account, pack, course=course.pk)
    assert CartLine.objects.get().quantity == 2


def test_the_smallest_quantity_of_an_entry_is_bought_at_least(client, owner, course, pack):
    pack.min_quantity = 5
    pack.save()
    put(client, owner.account, pack, course=course.pk)
    assert CartLine.objects.get().quantity == 5


def test_the_forms_of_a_session_are_filled_in(client, owner, session):
    people = PEOPLE.replace("Nom\n", "Nom;Rôle\n").replace("Bob;Blanc\n", "Bob;Blanc;Tuteur\n")

    answer = put(client, owner.account, session, people)

    assert said(answer) == [f"3 units of “{session.name}” are in your cart, with their forms filled in."]
    units = CartUnit.objects.order_by("index").values_list("index", "answers__role", "answers__email")
    assert list(units) == [
        (0, "student", "ada@example.org"),
        (1, "tutor", "bob@example.org"),
        (2, "student", "eve@example.org"),
    ]
    assert not PeopleList.objects.exists()
    line = CartLine.objects.get()
    assert client.post("/checkout/units/", {**units_shown(line, []), "next": "1"}).url == "/checkout/details/"


def test_free_seats_of_earlier_sessions_are_used_first(client, owner, course, session, monkeypatch):
    monkeypatch.setattr(given, "ENTRY", EntryRef(session.code, {"en": "Session"}))
    now = timezone.now()
    older = given_session(course, owner.account, blanks=1, operator=owner.user, now=now)
    newer = given_session(course, owner.account, blanks=1, operator=owner.user, now=now)

    answer = put(client, owner.account, session)

    assert [unit.answers["email"] for unit in CartUnit.objects.all()] == ["eve@example.org"]
    kept = {each.group: each.rows.get().email for each in PeopleList.objects.all()}
    assert kept == {newer.group: "ada@example.org", older.group: "bob@example.org"}
    assert said(answer)[-1] == "Those for whom seats are free are kept among the lists of people."


def test_every_session_with_a_free_seat_is_looked_at_by_as_many_queries(client, owner, course, session, monkeypatch):
    monkeypatch.setattr(given, "ENTRY", EntryRef(session.code, {"en": "Session"}))
    now = timezone.now()
    given_session(course, owner.account, blanks=1, operator=owner.user, now=now)
    with CaptureQueriesContext(connection) as few:
        look(client, owner.account, session)
    for _newer_session in range(6):
        made = given_session(course, owner.account, tutors=(UserFactory(),), operator=owner.user, now=now)
        [seat] = Seat.objects.filter(batch=made.batch)
        release_seat(account=owner.account, seat_id=seat.pk, actor=owner.user, now=now)

    with CaptureQueriesContext(connection) as many:
        answer = look(client, owner.account, session)

    assert counts(answer) == (0, 1, 2, 0)
    assert len(many) == len(few)


def test_whoever_is_in_the_course_by_the_account_needs_no_seat_in_another_session(client, owner, course, session):
    [seat] = given_pack(owner.account, course_list="SEC-*", now=timezone.now())
    assign(seat, course, "ada@example.org", owner.user, now=timezone.now())
    assert counts(look(client, owner.account, session)) == (1, 0, 2, 0)


def test_where_nothing_is_to_be_bought_the_list_is_placed_at_the_desk(client, owner, course, pack):
    given_pack(owner.account, seats=3, course_list="SEC-*", now=timezone.now())

    answer = put(client, owner.account, pack, course=course.pk)

    kept = PeopleList.objects.get()
    assert answer.url == reverse("account-list", args=[owner.account.pk, kept.pk])
    assert not CartLine.objects.exists()
    assert place(kept, now=timezone.now()).rows.filter(step="placed").count() == 3


def test_courses_that_no_seat_on_sale_covers_are_told(client, owner, pack):
    CourseFactory(short_name="COOK", name_en="Cooking")
    CourseFactory(short_name="SEC-2", enrolment_closes_on="2020-01-01")
    CourseFactory(short_name="SEC-3", capacity=1)
    courses = ("COOK", "SEC-2", "SEC-3", "SEC-3", "none", "")
    people = "E-mail;Prénom;Nom;Cours\n" + "".join(
        f"p{place}@example.org;P;Q;{name}\n" for place, name in enumerate(courses)
    )

    answer = look(client, owner.account, pack, people)

    verdicts = [row.verdict for row in answer.context["looking"].looked.rows]
    assert verdicts == [
        "course_not_allowed", "course_closed", "no_seat", "course_full", "course_not_allowed", "no_course",
    ]  # fmt: skip
    assert counts(answer) == (0, 0, 1, 5)


def test_what_is_in_the_cart_already_is_not_added_again(client, owner, session):
    put(client, owner.account, session)

    answer = put(client, owner.account, session, PEOPLE + "dan@example.org;Dan;Noir\n")

    assert said(answer)[-1] == f"1 unit of “{session.name}” is in your cart, with its form filled in."
    assert [unit.answers["email"][:3] for unit in CartUnit.objects.order_by("index")] == ["ada", "bob", "eve", "dan"]


def test_a_page_that_is_out_of_date_puts_nothing_and_keeps_what_was_typed(client, owner, course, pack):
    shown = look(client, owner.account, pack, course=course.pk)
    form = {
        "entry": pack.code, "people": PEOPLE, "course": course.pk, "put": "1",
        "seen": shown.context["looking"].fingerprint,
    }  # fmt: skip
    given_pack(owner.account, seats=1, course_list="SEC-*", now=timezone.now())

    answer = client.post(address(owner.account), form)

    assert answer.status_code == 409
    assert counts(answer) == (0, 1, 2, 0)
    assert answer.context["form"]["people"].value() == PEOPLE
    assert not CartLine.objects.exists()
    assert not PeopleList.objects.exists()
    again = client.post(address(owner.account), form | {"seen": answer.context["looking"].fingerprint})
    assert again.url == reverse("cart")


def test_the_button_pressed_twice_buys_once(client, owner, course, pack):
    shown = look(client, owner.account, pack, course=course.pk)
    form = {
        "entry": pack.code, "people": PEOPLE, "course": course.pk, "put": "1",
        "seen": shown.context["looking"].fingerprint,
    }  # fmt: skip
    client.post(address(owner.account), form)
    answer = client.post(address(owner.account), form)
    assert answer.status_code == 409
    assert "Your cart holds 3 units of it already; these are added." in answer.content.decode()
    assert CartLine.objects.get().quantity == 3


def test_more_than_the_cart_takes_is_refused_and_nothing_is_kept(client, owner, course, pack):
    pack.max_quantity = 2
    pack.save()
    answer = put(client, owner.account, pack, course=course.pk)
    assert answer.status_code == 422
    assert "The largest quantity is 2." in answer.content.decode()
    assert answer.context["form"]["people"].value() == PEOPLE
    assert not CartLine.objects.exists()
    assert not PeopleList.objects.exists()


def test_a_file_is_shown_as_text_that_says_the_same(client, owner, course, pack):
    content = "Société X\n\nNom;Prénom;Courriel;Site\nRoy;Ada;ada@example.org;Nantes\n".encode("cp1252")
    answer = look(client, owner.account, pack, "", course=course.pk, file=SimpleUploadedFile("p.csv", content))
    text = answer.context["form"]["people"].value()
    assert text == "E-mail\tFirst name\tLast name\tTeam\nada@example.org\tAda\tRoy\tNantes"
    form = {
        "entry": pack.code, "people": text, "course": course.pk, "put": "1",
        "seen": answer.context["looking"].fingerprint,
    }  # fmt: skip
    assert client.post(address(owner.account), form).url == reverse("cart")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "Paste people, or choose a file with them."),
        ({"people": "nobody"}, "No column of this list holds e-mail addresses."),
        ({"people": "mine", "file": b"\x89PNG\r\n"}, "This file is a picture."),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_typed_is_lost(client, owner, pack, typed, told):
    if "file" in typed:
        typed = typed | {"file": SimpleUploadedFile("people.csv", typed["file"])}
    answer = client.post(address(owner.account), {"entry": pack.code, **typed})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert (answer.context["form"]["people"].value() or "") == typed.get("people", "")


def test_names_typed_as_markup_are_text(client, owner, course, pack):
    answer = look(client, owner.account, pack, "a@example.org;<b>Ada</b>;<script>x</script>", course=course.pk)
    assert "<b>Ada" not in answer.content.decode()
    assert "<script>x" not in answer.content.decode()


def test_a_list_at_the_desk_is_bought_for_and_takes_its_own_place(client, owner, course, pack):
    put(client, owner.account, pack, course=course.pk)
    draft = PeopleList.objects.get()
    CartLine.objects.all().delete()

    page = client.get(address(owner.account), {"list": draft.pk})
    form = page.context["form"].initial
    form = form | {"people": form["people"] + "\ndan@example.org\tDan\tX"}
    shown = client.post(address(owner.account), form)
    answer = client.post(address(owner.account), form | {"put": "1", "seen": shown.context["looking"].fingerprint})

    assert answer.url == reverse("cart")
    assert CartLine.objects.get().quantity == 4
    kept = PeopleList.objects.get()
    assert kept.pk != draft.pk
    assert kept.rows.count() == 4


def test_of_a_list_that_is_over_those_without_a_seat_are_bought_for(client, owner, course, pack):
    given_pack(owner.account, seats=1, course_list="SEC-*", now=timezone.now())
    put(client, owner.account, pack, course=course.pk)
    over = place(PeopleList.objects.get(), mode="valid", now=timezone.now())

    page = client.get(address(owner.account), {"list": over.pk})

    text = page.context["form"].initial["people"]
    assert re.findall(r"\S+@\S+", text) == ["bob@example.org", "eve@example.org"]
    assert "corrects" not in page.context["form"].initial


def test_from_the_list_to_the_people_in_their_course(client, owner, course, pack):
    put(client, owner.account, pack, course=course.pk)
    type_details(client, account=owner.account.pk, operator=owner.user.pk)
    press_order(client)
    order = owner.account.orders.get()
    pay(order)
    assert deliver(order).status == "completed"

    kept = PeopleList.objects.get()
    client.post(reverse("account-list-judge", args=[owner.account.pk, kept.pk]))
    kept.refresh_from_db()

    assert place(kept, now=timezone.now()).rows.filter(step="placed").count() == 3


def test_only_entries_with_seats_for_others_are_offered(client, owner, pack, session):
    EntryFactory(code="BOOK")
    EntryFactory(code="SELF", handler="std_enroloncourse", parameters={"coursename": "SEC-1"})
    EntryFactory(code="LONGER", handler="std_extendenrolperiod", parameters={"extension": 90})
    page = client.get(address(owner.account), {"entry": session.code})
    assert set(page.context["form"].sales) == {pack.code, session.code}
    assert f'<option value="{session.code}" selected>' in page.content.decode()


def test_without_anything_on_sale_the_page_says_so(client, owner):
    assert "No seats for others are on sale at the moment." in client.get(address(owner.account)).content.decode()


@pytest.mark.parametrize("roles", [{"is_buyer": True}, {"is_operator": True}, {"is_accountant": True}])
def test_it_is_for_those_who_buy_and_place_people(roles, pack):
    member = MembershipFactory(is_owner=False, **roles)
    assert signed_in(member.user).get(address(member.account)).status_code == 404


def test_a_buyer_whose_seats_are_limited_has_no_such_page(pack):
    member = MembershipFactory(is_owner=False, is_buyer=True, is_operator=True)
    assert signed_in(member.user).get(address(member.account)).status_code == 200
    type(member).objects.filter(pk=member.pk).update(limits={"teams": [], "orders": [], "courses": []})
    assert signed_in(member.user).get(address(member.account)).status_code == 404


def test_lists_of_another_account_do_not_exist(client, owner, course, pack):
    stranger = MembershipFactory(is_owner=True)
    put(signed_in(stranger.user), stranger.account, pack, course=course.pk)
    theirs = PeopleList.objects.get()
    assert client.get(address(owner.account), {"list": theirs.pk}).status_code == 404
    assert client.get(address(stranger.account)).status_code == 404
    answer = put(client, owner.account, pack, course=course.pk, corrects=theirs.pk, version=theirs.version)
    assert answer.status_code == 409
    assert PeopleList.objects.get() == theirs


@pytest.mark.parametrize("kind", ["pack", "session"])
def test_statements_are_as_many_for_500_people_as_for_one(
    client, owner, course, kind, request, django_assert_max_num_queries
):
    course.capacity = 1_000
    course.save()
    entry = request.getfixturevalue(kind)
    one = "E-mail;Prénom;Nom\np@example.org;P;Q"
    many = "E-mail;Prénom;Nom\n" + "\n".join(f"p{number}@example.org;P;Q" for number in range(500))
    look(client, owner.account, entry, one, course=course.pk)
    with django_assert_max_num_queries(100) as few:
        put(client, owner.account, entry, one, course=course.pk)
    CartLine.objects.all().delete()
    with django_assert_max_num_queries(len(few)):
        put(client, owner.account, entry, many, course=course.pk)
    assert CartLine.objects.get().quantity == 500


def test_links_lead_there_for_those_who_buy_and_place_people(client, owner, course, pack):
    link = f'href="{address(owner.account)}'
    book = EntryFactory()
    for name in ("account-lists", "account-list-new", "account-people"):
        assert link in client.get(reverse(name, args=[owner.account.pk])).content.decode()
    assert f'{link}?entry={pack.code}"' in client.get(f"/e/{pack.code}/").content.decode()
    assert link not in client.get(f"/e/{book.code}/").content.decode()
    put(client, owner.account, pack, course=course.pk)
    kept = PeopleList.objects.get()
    page = client.get(reverse("account-list", args=[owner.account.pk, kept.pk])).content.decode()
    assert f'{link}?list={kept.pk}"' in page

    operator = signed_in(MembershipFactory(account=owner.account, is_owner=False, is_operator=True).user)
    for name in ("account-lists", "account-people"):
        assert link not in operator.get(reverse(name, args=[owner.account.pk])).content.decode()
    assert link not in operator.get(f"/e/{pack.code}/").content.decode()
