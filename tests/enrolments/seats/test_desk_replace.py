"""Exchange of a person at the operator's desk: Bob operates the account, Carol was placed, Dan comes instead."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from outbox.mails.models import Mail
from tests.enrolments.given import assign, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.shop.steps import signed_in

pytestmark = pytest.mark.django_db

DAN = {"email": "dan@example.org", "first_name": "Dan", "last_name": "Petit", "reason": "Carol is ill"}


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin", credit_limit=1)


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user__email="bob@example.org").user


@pytest.fixture
def client(bob):
    return signed_in(bob)


@pytest.fixture
def seats(account, bob):
    """Return two seats of Carol, in two courses."""
    seats = given_pack(account, seats=2)
    for seat, name in zip(seats, ("Fire safety", "First aid"), strict=True):
        assign(seat, CourseFactory(name_en=name), "carol@example.org", bob, now=timezone.now())
    return list(Seat.objects.order_by("pk"))


def of_seat(seat):
    return reverse("account-seat-replace", args=[seat.account_id, seat.pk])


def of_person(account, email="carol@example.org"):
    return reverse("account-person-replace", args=[account.pk, Delegation.objects.get(email=email).pk])


def post(client, url, **changes):
    form = client.get(url).context["form"]
    return client.post(url, DAN | {"seats": form["seats"].value()} | changes, follow=True)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def people_on(seats):
    return [Seat.objects.get(pk=seat.pk).person and Seat.objects.get(pk=seat.pk).person.email for seat in seats]


def test_a_seat_changes_hands_in_one_step_from_its_page(client, account, seats):
    page = client.get(reverse("account-seat", args=[account.pk, seats[0].pk])).content.decode()
    assert of_seat(seats[0]) in page

    answer = post(client, of_seat(seats[0]))

    assert answer.redirect_chain == [(reverse("account-seat", args=[account.pk, seats[0].pk]), 302)]
    assert said(answer) == ["dan@example.org has the seat now. A mail is on its way."]
    assert people_on(seats) == ["dan@example.org", "carol@example.org"]
    history = answer.content.decode()
    assert history.count("Carol is ill") == 2
    assert "Camille Durand" in history
    assert "Dan Petit" in history


def test_all_seats_of_a_person_change_hands_from_their_page(client, account, seats):
    person = client.get(reverse("account-person", args=[account.pk, Delegation.objects.get().pk])).content.decode()
    assert of_person(account) in person
    page = client.get(of_person(account)).content.decode()
    assert "Fire safety (seat" in page
    assert "First aid (seat" in page

    answer = post(client, of_person(account))

    assert said(answer) == ["dan@example.org has the 2 seats now. A mail is on its way."]
    assert people_on(seats) == ["dan@example.org"] * 2
    assert said(client.get(of_person(account), follow=True)) == [
        "This person has no seat that could be given to somebody else."
    ]


def test_only_the_seats_ticked_change_hands(client, account, seats):
    ticked = client.get(of_person(account)).context["form"]["seats"].value()[-1]

    post(client, of_person(account), seats=[ticked])

    assert people_on(seats) == ["carol@example.org", "dan@example.org"]
    assert "Choose at least one seat." in post(client, of_person(account), seats=[]).content.decode()


def test_a_session_offers_the_exchange_beside_each_person(client, account, bob):
    made = given_session(CourseFactory(), account, learners=(UserFactory(),), blanks=1, operator=bob)

    page = client.get(reverse("account-session", args=[account.pk, made.group.pk])).content.decode()

    taken, blank = made.batch.seats.order_by("pk")
    assert of_seat(taken) in page
    assert of_seat(blank) not in page


def test_a_seat_with_nobody_or_somebody_who_entered_leads_back(client, account, bob, seats):
    [free] = given_pack(account)
    enter_course(user=Seat.objects.get(pk=seats[0].pk).person, course=seats[0].course, now=timezone.now())

    for seat in (free, seats[0]):
        assert client.get(of_seat(seat), follow=True).redirect_chain == [
            (reverse("account-seat", args=[account.pk, seat.pk]), 302)
        ]


def test_what_was_typed_stays_when_the_person_enters_first(client, account, seats):
    url = of_seat(seats[0])
    chosen = client.get(url).context["form"]["seats"].value()
    enter_course(user=Seat.objects.get(pk=seats[0].pk).person, course=seats[0].course, now=timezone.now())

    answer = client.post(url, DAN | {"seats": chosen})

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "This seat is used: the person entered the course on" in page
    assert "dan@example.org" in page
    assert people_on(seats) == ["carol@example.org"] * 2


def test_a_refusal_names_the_seat_and_nothing_happens(client, account, bob, seats):
    [another] = given_pack(account)
    assign(another, seats[0].course, "dan@example.org", bob, now=timezone.now())

    answer = post(client, of_person(account))

    assert answer.status_code == 422
    [refusal] = answer.context["form"].errors["seats"]
    assert refusal.startswith(f"Seat {seats[0].pk}: Your account has already enrolled this person in “Fire safety”")
    assert answer.context["form"]["email"].value() == "dan@example.org"
    assert people_on(seats) == ["carol@example.org"] * 2


def test_a_colleague_who_was_faster_is_named_and_a_second_post_may_insist(client, account, bob, seats):
    url = of_seat(seats[0])
    chosen = client.get(url).context["form"]["seats"].value()
    release_seat(account=account, seat_id=seats[0].pk, actor=bob, now=timezone.now())
    assign(seats[0], seats[0].course, "erin@example.org", bob, now=timezone.now())

    answer = client.post(url, DAN | {"seats": chosen})

    assert answer.status_code == 409
    assert "Look at it again before you go on" in answer.content.decode()
    form = answer.context["form"]
    client.post(url, DAN | {"seats": form["seats"].value()})
    assert people_on(seats)[0] == "dan@example.org"


def test_seats_of_others_are_not_there(client, account, bob, seats):
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, CourseFactory(), "erin@example.org", UserFactory(), now=timezone.now())

    assert client.get(reverse("account-seat-replace", args=[account.pk, theirs.pk])).status_code == 404
    for posted in (f"{theirs.pk} assigned", f"{seats[1].pk} assigned"):
        assert client.post(of_seat(seats[0]), DAN | {"seats": [posted]}).status_code == 404
    assert client.post(of_person(account), DAN | {"seats": [f"{theirs.pk} assigned"]}).status_code == 404
    assert people_on([*seats, theirs]) == ["carol@example.org", "carol@example.org", "erin@example.org"]


@pytest.mark.parametrize("known", [True, False])
def test_addresses_typed_are_counted_known_or_not(client, account, seats, settings, known):
    settings.RATE_LIMITS = {"address by person": "2/h/user"}
    for number in range(3):
        if known:
            UserFactory(email=f"p{number}@example.org")

    answers = [post(client, of_seat(seats[0]), email=f"p{number}@example.org") for number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert people_on(seats)[0] == "p1@example.org"
    assert answers[2].context["form"]["email"].value() == "p2@example.org"


def test_an_account_that_has_not_paid_mails_few_strangers(client, account, seats, settings):
    type(account).objects.update(credit_limit=None)
    settings.RATE_LIMITS = {"mail before payment by person": "0/d/user"}
    mails = Mail.objects.count()

    answer = post(client, of_seat(seats[0]))

    assert answer.status_code == 422
    assert (people_on(seats)[0], Mail.objects.count()) == ("carol@example.org", mails)
