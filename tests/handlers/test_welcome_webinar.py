"""specific/webinaire_accueil: the buyer takes part in a webinar."""

import datetime

import pytest
from django.utils import translation

from enrolments.courses.places.models import PlaceHold
from enrolments.grounds.models import Ground
from handlers.contract import Feedback, Refusal
from handlers.registry import all_handlers, handler_for
from handlers.testing import account_with_operator, deliver, line_context, make_course, place, revoke, units

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)
HOURS = {"begins": "2026-03-20 10:00", "endtime": "2026-03-20 11:30"}


@pytest.fixture
def webinar():
    return handler_for("specific", "webinaire-Accueil")


@pytest.fixture
def course():
    return make_course("WEB-ACC", name_en="Welcome", capacity=1)


def sold(webinar, now=NOW):
    account, operator = account_with_operator()
    typed = {"coursename": "WEB-ACC"} | HOURS
    return line_context(webinar, account=account, operator=operator, units=units(blank=1), typed=typed, now=now)


def in_english(text):
    with translation.override("en"):
        return str(text)


def test_it_is_found_by_its_entry_s_code_and_not_listed(webinar):
    assert webinar.name == "webinaire_accueil"
    assert webinar not in all_handlers()


def test_the_buyer_is_enrolled_from_payment_until_the_webinar_ends(webinar, course):
    line = sold(webinar)
    place(webinar, line)
    feedback = deliver(webinar, line)

    ground = Ground.objects.get()
    assert (ground.enrolment.user, ground.enrolment.course) == (line.buyer, course)
    assert (ground.starts_at, ground.ends_at) == (NOW, datetime.datetime(2026, 3, 20, 10, 30, tzinfo=datetime.UTC))
    assert in_english(feedback.public).startswith(
        "The webinar begins on 20 March 2026, 10:00 and ends on 20 March 2026, 11:30."
    )


def test_a_second_run_does_not_tell_the_hours_again(webinar, course):
    line = sold(webinar)
    place(webinar, line)
    assert in_english(deliver(webinar, line).public)

    assert deliver(webinar, line) == Feedback()


def test_its_places_are_held_from_checkout_and_given_back(webinar, course):
    line = sold(webinar)
    place(webinar, line)
    assert PlaceHold.objects.live().count() == 1
    with pytest.raises(Refusal, match="full"), translation.override("en"):
        place(webinar, sold(webinar))

    deliver(webinar, line)
    revoke(webinar, line)
    assert not Ground.objects.live().exists()
    place(webinar, sold(webinar))


def test_a_webinar_that_is_over_is_not_sold(webinar, course):
    with pytest.raises(Refusal, match="over"), translation.override("en"):
        place(webinar, sold(webinar, now=NOW + datetime.timedelta(days=19)))


def test_an_end_before_the_beginning_is_an_error_at_the_end(webinar):
    form = webinar.MerchantForm({"coursename": "WEB-ACC", "begins": "2026-03-20", "endtime": "2026-03-19"})

    assert list(form.errors) == ["endtime"]
