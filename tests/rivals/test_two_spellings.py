"""At the same moment.

One e-mail address is typed in several spellings, at every door where people come in.
"""

import unicodedata

from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people import services as people_service
from accounts.people.models import User
from common.emails import normalise_email
from enrolments.seats import assign as assign_module
from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import PASSWORD, CustomerAccountFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.given import participant, session_entry
from tests.rivals.processes import deadlocks_among, errors_among, race, values_among

ABOUT_TO_MAKE = [(people_service, "_insert_users")]
DECOMPOSED = unicodedata.normalize("NFD", "ana{}@école.fr")
SPELLINGS = ["ana{}@école.fr", "ANA{}@ÉCOLE.FR", f"  {DECOMPOSED}\u00a0", "Ana{}@xn--cole-9oa.fr"]


def operators_type(spellings, **how):
    """Let an operator per spelling, each with an account and a course, assign a seat to the address."""
    seats = [given_pack(CustomerAccountFactory())[0] for _spelling in spellings]
    courses = CourseFactory.create_batch(len(spellings))
    operators = UserFactory.create_batch(len(spellings))
    return race(
        *(
            lambda n=n: assign(seats[n], courses[n], spellings[n], operators[n], now=timezone.now()).user.email
            for n in range(len(spellings))
        ),
        before=ABOUT_TO_MAKE,
        after=ABOUT_TO_MAKE,
        **how,
    )


def test_operators_who_spell_an_address_in_their_own_way_name_one_person(trial):
    rounds = trial.size(1, 10)
    for number in range(rounds):
        answers = operators_type([spelling.format(number) for spelling in SPELLINGS])
        assert errors_among(answers) == []
        assert set(values_among(answers)) == {f"ana{number}@école.fr"}
    people = User.objects.filter(email__startswith="ana")
    assert people.count() == EmailAddress.objects.filter(user__in=people).count() == rounds
    assert Seat.objects.filter(state="assigned", person__in=people).count() == rounds * len(SPELLINGS)
    trial.note("assignments of one person, in spellings", f"{rounds * len(SPELLINGS)}, {len(SPELLINGS)}")
    trial.note("users made", rounds)


def comes_in_by_every_door(number):
    """Name one person by a sign-up, an operator, a session and an own purchase; return answers and lines."""
    lower, upper, decomposed, encoded = (spelling.format(number) for spelling in SPELLINGS)
    own_course = EntryFactory(handler="std_enroloncourse", parameters={"coursename": CourseFactory().short_name})
    session = place(
        make_cart(session_entry(CourseFactory()), units=[participant(upper)]), email=f"buyer{number}@example.org"
    )
    own = place(make_cart(own_course), email=normalise_email(encoded))
    for order in (session, own):
        pay(order, event_id=order.number)
    Job.objects.filter(state="pending").exclude(kind="fulfil_line").delete()  # mails
    [seat] = given_pack(CustomerAccountFactory())
    course, operator = CourseFactory(), UserFactory()
    visitor = Client(REMOTE_ADDR=f"192.0.2.{number}")  # the limit of sign-ups counts network addresses
    typed = {"email": decomposed, "password1": PASSWORD, "password2": PASSWORD}
    answers = race(
        lambda: visitor.post(reverse("account_signup"), typed).status_code,
        lambda: assign(seat, course, lower, operator, now=timezone.now()).is_used,
        lambda: run_due_jobs(limit=1),
        lambda: run_due_jobs(limit=1),
        before=ABOUT_TO_MAKE,
        after=ABOUT_TO_MAKE,
    )
    return answers, [session.lines.get(), own.lines.get()]


def test_whoever_signs_up_while_others_name_them_is_one_person(trial):
    rounds = trial.size(1, 10)
    for number in range(rounds):
        answers, lines = comes_in_by_every_door(number)
        assert errors_among(answers) == []
        assert values_among(answers) == [302, True, 1, 1]
        assert deadlocks_among(answers) == 0
        [person] = User.objects.filter(email__startswith=f"ana{number}@")
        assert EmailAddress.objects.get(user=person).email == person.email == f"ana{number}@école.fr"
        assert {line.status for line in lines} == {"fulfilled"}
        assert person.enrolments.open().count() == 3
    trial.note("sign-ups, sessions, purchases and assignments of one person", 4 * rounds)
    trial.note("users made", rounds)


def as_typed():
    """Take the guard away: addresses are kept as typed."""
    people_service.normalise_email = lambda typed: typed
    assign_module.normalise_email = lambda typed: typed


def test_control_kept_as_typed_an_address_that_is_nobodys_spelling_is_refused_by_the_database():
    answers = operators_type(["ana@example.org", "ANA@example.org"], without=as_typed)

    assert errors_among(answers) == ["IntegrityError"]
    assert {answer.constraint for answer in answers} == {"", "accounts_user_email_normal"}
