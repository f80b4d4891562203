"""Pages of join links: Ada joins in a browser that is signed in nowhere."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from enrolments.joining.make import revoke_link
from enrolments.joining.models import JoinUse
from enrolments.seats.models import Seat
from outbox.mails.models import Mail
from project.settings import rate_limits
from tests.enrolments.given import assign, days, given_pack
from tests.enrolments.joining.given import ask, code, given_link, mailed_code, text_of, token, type_code, typed
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob():
    return UserFactory(first_name="Bob", last_name="Leroy")


@pytest.fixture
def course():
    return CourseFactory(name_en="Fire safety")


@pytest.fixture
def batch():
    return given_pack(CustomerAccountFactory(name="Ateliers Martin"), seats=3)[0].batch


@pytest.fixture
def browser():
    return Client(headers={"accept-language": "en"})


def link_now(batch, bob, **how):
    return given_link(batch, bob, now=timezone.now(), **{"places": 3} | how)


def test_the_seat_is_taken_when_the_mailed_code_is_typed_and_nothing_before(browser, batch, bob, course):
    link = link_now(batch, bob, course=course)

    assert "Fire safety" in text_of(browser.get(reverse("join-link", args=[token(link)])))
    asked = ask(browser, token(link))

    assert asked["location"] == reverse("join-code", args=[token(link)])
    assert "ada@example.org" in text_of(browser.get(asked["location"]))
    assert not User.objects.filter(email="ada@example.org").exists()
    assert not Seat.objects.exclude(state="available").exists()
    assert [mail.kind for mail in Mail.objects.all()] == ["address_code"]

    taken = type_code(browser, token(link), mailed_code())

    assert taken["location"] == reverse("join-done")
    assert "You are enrolled in “Fire safety”" in text_of(browser.get(taken["location"]))
    assert Seat.objects.get(state="assigned").person.email == "ada@example.org"
    assert sorted(Mail.objects.values_list("kind", flat=True)) == ["address_code", "seat_assigned"]
    assert browser.get(reverse("learn")).status_code == 302  # signed in nowhere


def test_a_wrong_code_takes_nothing_and_the_right_one_does_still(browser, batch, bob, course):
    link = link_now(batch, bob, course=course)
    ask(browser, token(link))

    wrong = type_code(browser, token(link), "AAAA-AAAA")

    assert wrong.status_code == 422
    assert not JoinUse.objects.exists()
    assert type_code(browser, token(link), mailed_code()).status_code == 302
    assert JoinUse.objects.count() == 1


def test_a_code_of_another_browser_takes_nothing(browser, batch, bob, course):
    link = link_now(batch, bob, course=course)
    ask(browser, token(link))
    other = Client(headers={"accept-language": "en"})

    answer = type_code(other, token(link), mailed_code())

    assert answer["location"] == reverse("join-link", args=[token(link)])
    assert not JoinUse.objects.exists()


def test_a_code_proves_no_other_address_than_the_one_it_was_mailed_to(browser, batch, bob, course):
    link = link_now(batch, bob, course=course)
    ask(browser, token(link), "ada@example.org")
    of_ada = mailed_code()
    ask(browser, token(link), "eve@example.org")

    assert type_code(browser, token(link), of_ada).status_code == 422
    assert not JoinUse.objects.exists()


def test_the_answer_is_the_same_for_a_known_address(batch, bob, course):
    link = link_now(batch, bob, course=course)
    UserFactory(email="known@example.org")
    answers = []
    for email in ("known@example.org", "other@example.org"):
        browser = Client(headers={"accept-language": "en"})
        asked = ask(browser, token(link), email)
        page = text_of(browser.get(asked["location"])).replace(email, "")
        answers.append((asked.status_code, asked["location"], page))

    assert answers[0] == answers[1]


def test_people_choose_among_the_open_courses_the_seats_were_sold_for(browser, bob):
    batch = given_pack(CustomerAccountFactory(), seats=2, course_list="SEC-*")[0].batch
    allowed, hidden = CourseFactory(short_name="SEC-1"), CourseFactory(short_name="SEC-2", is_visible=False)
    other = CourseFactory(short_name="DRIVE")
    link = link_now(batch, bob, places=2)
    page = browser.get(reverse("join-link", args=[token(link)]))

    assert [key for key, _name in page.context["form"].fields["course"].choices] == ["", allowed.pk]
    for course in (hidden, other):
        refused = ask(browser, token(link), course=course.pk)
        assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["course"])
        assert 'value="Byron"' in refused.content.decode()
    assert ask(browser, token(link), course=allowed.pk).status_code == 302
    type_code(browser, token(link), mailed_code())
    assert Seat.objects.get(state="assigned").course == allowed


def test_a_course_filled_meanwhile_is_told_and_another_one_asks_for_no_second_code(browser, bob):
    account = CustomerAccountFactory()
    batch, other = given_pack(account, seats=2)[0].batch, given_pack(account)[0]
    small, big = CourseFactory(capacity=1), CourseFactory()
    link = link_now(batch, bob, places=2)
    ask(browser, token(link), course=small.pk)
    assign(other, small, "eve@example.org", bob)

    full = type_code(browser, token(link), mailed_code())

    assert full["location"] == reverse("join-link", args=[token(link)])
    page = browser.get(full["location"])
    assert "not enough places left" in text_of(page)
    assert page.context["form"].initial["last_name"] == "Byron"
    assert ask(browser, token(link), course=big.pk)["location"] == reverse("join-done")
    assert Seat.objects.get(person__email="ada@example.org").course == big


def test_a_printed_code_is_typed_and_leads_to_its_page(browser, batch, bob, course):
    link = link_now(batch, bob, course=course, has_codes=True)
    written = code(link, 2)

    led = browser.post(reverse("join"), {"code": written.lower().replace("-", " ")})

    assert led["location"] == reverse("join-link", args=[written])
    ask(browser, written)
    type_code(browser, written, mailed_code())
    assert JoinUse.objects.get().number == 2
    again = browser.get(reverse("join-link", args=[written]))
    assert (again.status_code, "was used already" in text_of(again)) == (410, True)


def test_what_is_no_code_is_refused_at_its_field_and_stays(browser):
    refused = browser.post(reverse("join"), {"code": "TOO-SHORT"})

    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["code"])
    assert "TOO-SHORT" in refused.content.decode()


@pytest.mark.parametrize("kind", ["withdrawn", "ended", "used up"])
def test_a_link_that_is_over_says_so_kindly(browser, batch, bob, course, kind):
    link = link_now(batch, bob, course=course, places=1)
    if kind == "withdrawn":
        revoke_link(link=link, actor=bob, now=timezone.now())
    elif kind == "ended":
        moment = timezone.now()
        type(link).objects.update(created_at=moment - days(2), ends_at=moment - days(1))
    else:
        first = Client()
        ask(first, token(link), "first@example.org")
        type_code(first, token(link), mailed_code())

    for answer in (browser.get(reverse("join-link", args=[token(link)])), ask(browser, token(link))):
        assert answer.status_code == 410
        assert "Ask whoever gave" in text_of(answer)
        assert "Ateliers Martin" not in text_of(answer)
    assert not Mail.objects.filter(recipient="ada@example.org").exists()


def test_a_link_withdrawn_while_the_code_was_on_its_way_takes_no_seat(browser, batch, bob, course):
    link = link_now(batch, bob, course=course)
    ask(browser, token(link))
    revoke_link(link=link, actor=bob, now=timezone.now())

    answer = type_code(browser, token(link), mailed_code())

    assert (answer.status_code, "was withdrawn" in text_of(answer)) == (410, True)
    assert not JoinUse.objects.exists()


def test_an_unknown_link_is_no_page_and_is_counted(browser, settings):
    settings.RATE_LIMITS = {"unknown join link": "2/10m/ip"}

    answers = [browser.get(reverse("join-link", args=[f"nothing{number}"])).status_code for number in range(3)]

    assert answers == [404, 404, 429]


def test_an_address_outside_the_allowed_domains_is_told_at_its_field(browser, batch, bob, course):
    link = link_now(batch, bob, course=course, domains=("example.org",))

    refused = ask(browser, token(link), "ada@example.com")

    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["email"])
    assert "@example.org" in str(refused.context["form"].errors["email"])
    assert not Mail.objects.exists()


@pytest.mark.parametrize("what", ["join code", "join code by link", "address code to address"])
def test_mailed_codes_are_counted_by_network_by_link_and_by_address(browser, batch, bob, course, settings, what):
    settings.RATE_LIMITS = {what: "1/h/key"}
    link = link_now(batch, bob, course=course)

    assert ask(browser, token(link)).status_code == 302
    refused = ask(browser, token(link))

    assert refused.status_code == 429
    assert 'value="Byron"' in refused.content.decode()
    assert Mail.objects.count() == 1


def test_a_class_behind_one_address_is_not_held_up():
    assert int(rate_limits.RATE_LIMITS["join code"].split("/")[0]) >= 200


def test_the_name_of_the_account_is_no_link_and_unpaid_accounts_have_none(browser, bob, course):
    account = CustomerAccountFactory(name="http://evil.example")
    link = link_now(given_pack(account)[0].batch, bob, course=course, places=1)

    shown = text_of(browser.get(reverse("join-link", args=[token(link)])))

    assert "evil" not in shown
    assert "A seat in this course is offered to you." in shown


def test_who_was_enrolled_before_is_told_after_the_proof_alone(browser, batch, bob, course):
    other = given_pack(batch.account, now=timezone.now())[0]
    assign(other, course, "ada@example.org", bob, now=timezone.now())
    link = link_now(batch, bob, course=course)

    asked = ask(browser, token(link))
    assert "enrolled" not in text_of(browser.get(asked["location"]))
    done = type_code(browser, token(link), mailed_code())

    assert "no other seat was used" in text_of(browser.get(done["location"]))
    assert not JoinUse.objects.exists()


def test_a_signed_in_person_finds_their_name_and_types_the_code_like_anybody(batch, bob, course):
    ada = UserFactory(email="ada@example.org", first_name="Ada", last_name="Byron")
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(ada)
    link = link_now(batch, bob, course=course)

    form = browser.get(reverse("join-link", args=[token(link)])).context["form"]

    assert {name: form.initial[name] for name in typed()} == typed()
    assert ask(browser, token(link))["location"] == reverse("join-code", args=[token(link)])
    assert not JoinUse.objects.exists()


def test_pages_of_nothing_typed_lead_to_the_beginning(browser, batch, bob, course):
    link = link_now(batch, bob, course=course)

    assert browser.get(reverse("join-code", args=[token(link)]))["location"] == reverse("join-link", args=[token(link)])
    assert browser.get(reverse("join-done"))["location"] == reverse("join")
