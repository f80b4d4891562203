"""Changes of addresses by an operator are counted: each may tell that an address belongs to somebody."""

import pytest
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from outbox.mails.models import Mail
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.shop.steps import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def edit(settings):
    """Return a function by which one operator types a new address for one person, and which returns the status."""
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"address by person": "3/h/user"}
    account = CustomerAccountFactory(credit_limit=1)
    bob = MembershipFactory(account=account, is_owner=False, is_operator=True).user
    [seat] = given_pack(account)
    carol = assign(seat, CourseFactory(), "carol@example.org", bob, now=timezone.now()).user
    url = f"/account/{account.pk}/people/{Delegation.objects.get(person=carol).pk}/"
    client = signed_in(bob)

    def type_address(email: str) -> int:
        form = client.get(url).context["form"]
        typed = {name: form[name].value() for name in form.fields}
        return client.post(url, typed | {"email": email}).status_code

    return type_address


@pytest.mark.parametrize("known", [True, False])
def test_edits_of_addresses_are_counted_for_the_operator_known_or_not(edit, known):
    for number in range(4):
        if known:
            UserFactory(email=f"p{number}@example.org")

    answers = [edit(f"p{number}@example.org") for number in range(4)]

    assert answers == [409 if known else 302] * 3 + [429]


def test_a_name_alone_counts_for_nothing_and_the_refusal_mails_nobody(edit):
    assert [edit("carol@example.org") for _time in range(5)] == [302] * 5
    for number in range(3):
        edit(f"p{number}@example.org")
    mails = Mail.objects.count()
    assert edit("p4@example.org") == 429
    assert Mail.objects.count() == mails
