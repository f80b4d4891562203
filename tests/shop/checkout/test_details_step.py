"""«Your details»: visitors and members, accounts and operators, the invoice."""

import pytest

from accounts.members.current import SESSION_KEY
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.shop.steps import cart_of, press_order, put_in_cart, signed_in, type_details

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(visitor, entry):
    put_in_cart(visitor, entry)
    return visitor


@pytest.fixture
def camille(entry):
    """Return the browser of an owner of one account who is a buyer for another, with an entry in the cart."""
    user = UserFactory(email="camille@example.org", first_name="Camille", last_name="Roy")
    MembershipFactory(user=user, account=CustomerAccountFactory(name="Alpha", city="Lyon", vat_id="FR40303265045"))
    MembershipFactory(user=user, account=CustomerAccountFactory(name="Beta"), is_owner=False, is_buyer=True)
    client = signed_in(user)
    put_in_cart(client, entry)
    return client


def account_named(name):
    from accounts.members.models import CustomerAccount

    return CustomerAccount.objects.get(name=name)


def test_a_visitor_goes_on_with_any_address(buyer):
    assert type_details(buyer, email="  Alice@Example.org ").url == "/checkout/review/"
    assert buyer.get("/checkout/review/").context["details"].email == "alice@example.org"


def test_a_known_address_makes_no_difference(buyer, entry):
    from tests.shop.steps import english_client

    UserFactory(email="known@example.org")
    other = english_client()
    put_in_cart(other, entry)
    pages = []
    for client, email in ((buyer, "known@example.org"), (other, "nobody@example.org")):
        answer = type_details(client, email=email)
        review = client.get(answer.url)
        pages.append((answer.status_code, answer.url, review.status_code, len(review.context["lines"])))
        assert review.context["details"].account_id is None
    assert pages[0] == pages[1]


def test_what_is_missing_is_said_at_each_field_and_nothing_typed_is_lost(buyer):
    answer = type_details(buyer, email="no address", city="", vat_id="FR123")
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"email", "city", "vat_id"}
    page = answer.content.decode()
    assert 'value="no address"' in page
    assert 'value="Ateliers Martin"' in page
    assert 'aria-describedby="id_email_helptext id_email_error"' in page
    # Another day, the same page still holds it.
    assert 'value="Ateliers Martin"' in buyer.get("/checkout/details/").content.decode()
    assert buyer.get("/checkout/review/").url == "/checkout/details/"


def test_a_vat_number_is_checked_and_written_in_its_one_form(buyer):
    type_details(buyer, vat_id="fr 40 303 265 045")
    assert buyer.get("/checkout/review/").context["details"].vat_id == "FR40303265045"


def test_a_private_person_has_no_vat_number(buyer):
    type_details(buyer, kind="person", vat_id="FR40303265045")
    details = buyer.get("/checkout/review/").context["details"]
    assert (details.is_organisation, details.vat_id) == (False, "")


def test_a_private_person_types_their_name_once_and_nothing_of_organisations(buyer):
    answer = type_details(buyer, kind="person", billing_name="", vat_id="FR123", payer_email="no address")
    assert answer.url == "/checkout/review/"
    page = buyer.get("/checkout/review/")
    details = page.context["details"]
    assert details.address.name == details.contact_name == "Alice Martin"
    assert (details.vat_id, details.payer_email, details.purchase_reference) == ("", "", "")
    assert page.content.decode().count("Alice Martin") == 1
    press_order(buyer)


def test_switching_between_private_and_organisation_keeps_what_was_typed(buyer):
    type_details(buyer, purchase_reference="PO 7", payer_email="payer@example.org")
    type_details(buyer, kind="person", purchase_reference="PO 7", payer_email="payer@example.org")
    form = buyer.get("/checkout/details/").context["form"]
    assert form["purchase_reference"].value() == "PO 7"
    assert form["billing_name"].value() == "Ateliers Martin"
    page = buyer.get("/checkout/details/").content.decode()
    for hidden in ("billing_name", "vat_id", "purchase_reference", "payer_email"):
        before = page[: page.index(f'name="{hidden}"')]
        assert before.rindex('<div class="organisation-only">') > before.rindex("<fieldset")
    type_details(buyer, purchase_reference="PO 7", payer_email="payer@example.org")
    assert buyer.get("/checkout/review/").context["details"].purchase_reference == "PO 7"


def test_an_organisation_has_to_type_its_name(buyer):
    assert set(type_details(buyer, billing_name="").context["form"].errors) == {"billing_name"}


def test_the_account_of_a_private_person_is_asked_for_one_name_and_an_address(entry):
    account = CustomerAccountFactory(name="Camille Roy", kind="person", vat_id="")
    user = MembershipFactory(account=account, user__first_name="", user__last_name="").user
    client = signed_in(user)
    put_in_cart(client, entry)
    form = client.get("/checkout/details/").context["form"]
    assert list(form.fields) == ["account", "contact_name", "operator", "street", "postal_code", "city", "country"]
    assert form["contact_name"].value() == "Camille Roy"
    type_details(client, account=account.pk, operator=user.pk, contact_name="Camille Roy")
    assert client.get("/checkout/review/").context["details"].address.name == "Camille Roy"


def test_the_account_in_which_one_works_is_preselected(camille):
    assert camille.get("/checkout/details/").context["chosen"].name == "Alpha"
    session = camille.session
    session[SESSION_KEY] = account_named("Beta").pk
    session.save()
    assert camille.get("/checkout/details/").context["chosen"].name == "Beta"


@pytest.mark.parametrize("changes", [{"country": "XX"}, {"kind": "robot"}, {"street": "x" * 201}])
def test_what_no_form_offers_is_refused(buyer, changes):
    assert type_details(buyer, **changes).status_code == 200
    assert buyer.get("/checkout/review/").url == "/checkout/details/"


def test_a_visitor_cannot_name_an_account_or_an_operator(buyer):
    account = CustomerAccountFactory()
    user = UserFactory()
    assert type_details(buyer, account=account.pk, operator=user.pk).url == "/checkout/review/"
    details = buyer.get("/checkout/review/").context["details"]
    assert (details.account_id, details.operator_id) == (None, None)


def test_a_member_finds_their_account_filled_in(camille):
    form = camille.get("/checkout/details/").context["form"]
    assert "email" not in form.fields
    assert form["contact_name"].value() == "Camille Roy"
    assert (form["billing_name"].value(), form["city"].value()) == ("Alpha", "Lyon")
    assert form["vat_id"].value() == "FR40303265045"


def test_a_member_buys_with_their_own_address_whatever_is_posted(camille):
    alpha = account_named("Alpha")
    owner = alpha.memberships.get().user_id
    type_details(camille, account=alpha.pk, operator=owner, email="boss@example.org")
    assert camille.get("/checkout/review/").context["details"].email == "camille@example.org"


def test_the_buyer_is_the_operator_unless_they_choose_another(camille):
    alpha = account_named("Alpha")
    colleague = MembershipFactory(account=alpha, is_owner=False, is_operator=True).user
    form = camille.get(f"/checkout/details/?account={alpha.pk}").context["form"]
    assert form["operator"].value() == str(form.user.pk)
    type_details(camille, account=alpha.pk, operator=colleague.pk)
    assert camille.get("/checkout/review/").context["details"].operator_id == colleague.pk


def test_a_buyer_who_is_no_operator_has_to_choose_one(camille):
    beta = account_named("Beta")
    operator = MembershipFactory(account=beta, is_owner=False, is_operator=True).user
    accountant = MembershipFactory(account=beta, is_owner=False, is_accountant=True).user
    form = camille.get(f"/checkout/details/?account={beta.pk}").context["form"]
    assert [value for value, _label in form.fields["operator"].choices] == ["", str(operator.pk)]
    assert "operator" in type_details(camille, account=beta.pk).context["form"].errors
    assert "operator" in type_details(camille, account=beta.pk, operator=accountant.pk).context["form"].errors
    assert type_details(camille, account=beta.pk, operator=operator.pk).url == "/checkout/review/"


def test_an_account_of_others_cannot_be_chosen(camille):
    strange = MembershipFactory(account__name="Strange").account
    form = camille.get(f"/checkout/details/?account={strange.pk}").context["form"]
    assert form.chosen_account is None
    assert type_details(camille, account=strange.pk).url == "/checkout/details/"
    assert cart_of(camille).details == {}
    assert camille.get("/checkout/review/").url == "/checkout/details/"


def test_an_account_lost_meanwhile_asks_for_the_details_again(camille):
    alpha = account_named("Alpha")
    type_details(camille, account=alpha.pk, operator=alpha.memberships.get().user_id)
    alpha.memberships.all().delete()
    assert camille.get("/checkout/review/").url == "/checkout/details/"


def test_another_organisation_opens_a_new_account(camille):
    form = camille.get("/checkout/details/?account=new").context["form"]
    assert form.chosen_account is None
    assert "kind" in form.fields
    type_details(camille, account="", billing_name="Gamma")
    assert press_order(camille).status_code == 302
    assert account_named("Gamma").memberships.get().user.email == "camille@example.org"


def test_choosing_an_account_by_its_link_changes_nothing(camille):
    camille.get(f"/checkout/details/?account={account_named('Beta').pk}")
    assert cart_of(camille).details == {}
