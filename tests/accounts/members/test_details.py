"""Details of an account, saved as they were typed."""

import pytest
from django.utils import timezone

from accounts.members.details import AccountDetails, save_account_details
from accounts.members.models import CustomerAccount
from common.postal import PostalAddress
from tests.factories.accounts import CustomerAccountFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_all_of_them_are_stored_and_other_accounts_keep_theirs():
    account, other = CustomerAccountFactory(kind="person"), CustomerAccountFactory(kind="person", city="Lyon")
    address = PostalAddress(name="Alpha", street="1 rue A", postal_code="44000", city="Nantes", country="FR")
    details = AccountDetails(
        kind="organisation", address=address, vat_id="fr 40 303265045", payer_email="Pay@Alpha.example"
    )

    save_account_details(account_id=account.pk, details=details, actor=UserFactory(), now=timezone.now())

    found = CustomerAccount.objects.get(pk=account.pk)
    assert (found.kind, found.vat_id, found.payer_email) == ("organisation", "FR40303265045", "pay@alpha.example")
    assert (found.name, found.city) == ("Alpha", "Nantes")
    kept = CustomerAccount.objects.get(pk=other.pk)
    assert (kept.kind, kept.city, kept.vat_id) == ("person", "Lyon", "")


def test_who_gives_no_vat_number_and_no_payer_has_none():
    account = CustomerAccountFactory(kind="person", vat_id="FR40303265045", payer_email="pay@alpha.example")
    address = PostalAddress(name="Alpha", street="1 rue A", postal_code="44000", city="Nantes", country="FR")

    save_account_details(
        account_id=account.pk,
        details=AccountDetails(kind="person", address=address),
        actor=UserFactory(),
        now=timezone.now(),
    )

    found = CustomerAccount.objects.get(pk=account.pk)
    assert (found.vat_id, found.payer_email) == ("", "")
