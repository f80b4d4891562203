"""Mails are found by subject, order, person and account, in whatever spelling."""

import pytest

from outbox.jobs.running import run_due_jobs
from outbox.mails.finding import matching_mails
from outbox.mails.models import Mail
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.shop import make_cart, place
from tests.shop.merchants import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def placed(probe_entry):
    buyer = MembershipFactory(user__first_name="Zoé", user__last_name="Élan", account__name="Ateliers Très Loin")
    place(make_cart(probe_entry), email="other@example.org")
    cart = make_cart(probe_entry, user=buyer.user)
    return place(cart, user=buyer.user, account=buyer.account)


def keys(query):
    return set(matching_mails(Mail.objects.all(), query).values_list("order_id", flat=True))


def test_by_order_person_account_and_kind_before_it_is_sent(placed):
    assert keys(placed.number) == keys("elan ZOE") == keys("tres loin") == {placed.pk}
    assert len(keys("order placed")) == 2
    assert keys("order placed elan") == {placed.pk}
    assert keys("nowhere") == set()


def test_by_subject_once_it_is_sent(placed):
    run_due_jobs()
    mail = Mail.objects.filter(order_id=placed.pk, kind="order_placed").get()
    assert placed.number in mail.subject
    assert keys(mail.subject) == {placed.pk}


def test_the_list_searches_so(placed, db):
    client = browser_of(UserFactory(is_staff=True, is_superuser=True))
    told = client.get("/admin/outbox/mail/", {"q": f"Élan {placed.number}"}).content.decode()
    assert placed.contact_email in told
    assert "other@example.org" not in told
