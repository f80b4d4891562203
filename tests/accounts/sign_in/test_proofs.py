"""Proofs of a session, by whatever way it began, and however old it is."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.browser_sessions.services import end_other_sessions
from accounts.people.models import User
from accounts.security_log.models import SecurityEvent
from accounts.sign_in.second_factor.proved import has_proved_second_factor
from accounts.sign_in.second_factor.services import remove_second_factor
from tests.accounts.sign_in.proofs import code_of, code_of_secret, give_app, note, sign_in_with
from tests.accounts.sign_in.test_sign_in import sign_in, signed_in_as
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.catalog import EntryFactory

pytestmark = pytest.mark.django_db

ADDRESS = "merchant@example.org"


@pytest.fixture
def merchant(settings) -> User:
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    return User.objects.create_superuser(ADDRESS, PASSWORD, is_address_proved=True)


# --- The administration ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["index", "accounts_user_changelist", "search", "autocomplete", "jsi18n"])
def test_a_session_older_than_the_factor_shows_nothing_of_the_administration(visitor, merchant, page):
    visitor.force_login(merchant)
    factor = give_app(merchant)
    url = reverse(f"admin:{page}")

    answer = visitor.get(url)

    assert answer["Location"] == f"{reverse('mfa_reauthenticate')}?next={url.replace('/', '%2F')}"
    on = visitor.post(answer["Location"], {"code": code_of(factor), "next": url})
    assert on["Location"] == url
    assert visitor.get(reverse("admin:index")).status_code == 200


def test_what_was_posted_by_an_older_session_is_done_after_the_proof(visitor, merchant):
    visitor.force_login(merchant)
    factor = give_app(merchant)
    url = reverse("admin:accounts_user_add")

    answer = visitor.post(url, {"email": "new@example.org", "language": "en"})

    assert not User.objects.filter(email="new@example.org").exists()
    visitor.post(answer["Location"], {"code": code_of(factor), "next": url})
    assert User.objects.filter(email="new@example.org").exists()


def test_a_proof_of_somebody_else_in_this_browser_counts_for_nothing(visitor, merchant):
    other = give_app(UserFactory(is_staff=True))
    give_app(merchant)
    visitor.force_login(merchant)
    note(visitor, merchant, "mfa", id=other.pk, type=other.type)

    assert visitor.get(reverse("admin:index")).status_code == 302


def test_a_proof_of_a_factor_that_is_gone_counts_for_nothing(visitor, merchant):
    factor = give_app(merchant)
    sign_in_with(visitor, factor)
    assert visitor.get(reverse("admin:index")).status_code == 200

    factor.delete()

    assert visitor.get(reverse("admin:index"))["Location"] == reverse("accounts-second-factor")


def test_the_password_alone_signs_nobody_in_who_owns_a_factor(visitor, merchant):
    factor = give_app(merchant)
    sign_in(visitor, ADDRESS)
    assert signed_in_as(visitor) is None
    visitor.post(reverse("mfa_authenticate"), {"code": code_of(factor)})

    assert visitor.get(reverse("admin:index")).status_code == 200


def test_staff_without_a_proof_see_what_everybody_sees(visitor, merchant):
    internal = EntryFactory(state="internal")
    factor = give_app(merchant)
    visitor.force_login(merchant)
    url = reverse("entry", args=[internal.code])

    assert visitor.get(url).status_code == 404
    sign_in_with(visitor, factor)
    assert visitor.get(url).status_code == 200


def test_a_request_without_a_session_has_proved_nothing(merchant):
    request = RequestFactory().get("/")
    request.user = merchant

    assert has_proved_second_factor(request) is False


# --- Other sessions --------------------------------------------------------------------------------------------------


def test_all_sessions_but_one_end(visitor, attacker, merchant):
    for browser in (visitor, attacker):
        sign_in(browser, ADDRESS)
    request = RequestFactory().get("/")
    request.session, request.user = visitor.session, merchant

    end_other_sessions(user=merchant, request=request)
    visitor.cookies["sessionid"] = request.session.session_key
    request.session.save()

    assert visitor.get(reverse("account-profile")).status_code == 200
    assert attacker.get(reverse("account-profile")).status_code == 302
    assert signed_in_as(attacker) is None


def test_saving_a_person_read_before_does_not_bring_ended_sessions_back(attacker, merchant):
    attacker.force_login(merchant)
    read_before = User.objects.get(pk=merchant.pk)
    end_other_sessions(user=merchant)

    read_before.first_name = "Maud"
    read_before.save()

    assert attacker.get(reverse("account-profile")).status_code == 302
    assert User.objects.get(pk=merchant.pk).first_name == "Maud"


def set_up(visitor: Client) -> None:
    page = visitor.get(reverse("mfa_activate_totp"))
    visitor.post(reverse("mfa_activate_totp"), {"code": code_of_secret(page.context["form"].secret)})


@pytest.mark.parametrize("change", ["add", "remove", "new codes", "by the administration"])
def test_a_factor_added_or_removed_ends_every_other_session(visitor, attacker, change):
    alice = UserFactory(email="alice@example.org")
    for browser in (visitor, attacker):
        sign_in(browser, alice.email)
    if change == "add":
        visitor.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        set_up(visitor)
    else:
        factor = give_app(alice)
        visitor.post(reverse("mfa_reauthenticate"), {"code": code_of(factor)})
    if change == "remove":
        visitor.post(reverse("mfa_deactivate_totp"))
    elif change == "new codes":
        visitor.post(reverse("mfa_generate_recovery_codes"))
    elif change == "by the administration":
        remove_second_factor(user=alice, now=timezone.now())

    assert signed_in_as_now(attacker) is None
    assert signed_in_as_now(visitor) == (None if change == "by the administration" else alice.email)
    kind = {"add": "factor_added", "new codes": "recovery_codes_made"}.get(change, "factor_removed")
    event = SecurityEvent.objects.get(kind=kind, user_id=alice.pk)
    told = {"new codes": {"factor": "recovery_codes"}, "by the administration": {"by": "administration"}}
    assert event.details == told.get(change, {"factor": "totp"})


def signed_in_as_now(browser: Client) -> str | None:
    answer = browser.get(reverse("account_email"))
    return answer.context["user"].email if answer.status_code == 200 else None


# --- One's own access ------------------------------------------------------------------------------------------------


OWN = [
    ("mfa_deactivate_totp", "POST"),
    ("mfa_view_recovery_codes", "GET"),
    ("mfa_download_recovery_codes", "GET"),
    ("mfa_generate_recovery_codes", "POST"),
    ("mfa_add_webauthn", "GET"),
    ("account_email", "POST"),
]


@pytest.mark.parametrize(("page", "method"), OWN)
def test_whoever_owns_a_factor_shows_it_again_before_touching_it(visitor, page, method):
    alice = UserFactory(email="alice@example.org")
    factor = give_app(alice)
    RecoveryCodes.activate(alice)
    sign_in_with(visitor, factor, minutes_ago=11)
    note(visitor, alice, "password", reauthenticated=True)
    url = reverse(page)

    typed = {"email": "alice@elsewhere.example", "action_add": ""} if page == "account_email" else {}
    answer = visitor.post(url, typed) if method == "POST" else visitor.get(url)

    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))
    assert Authenticator.objects.filter(user=alice).count() == 2
    done = visitor.post(answer["Location"], {"code": code_of(factor), "next": url})
    assert not done.get("Location", "").startswith(reverse("mfa_reauthenticate"))
    assert SecurityEvent.objects.filter(kind="step_up_passed", user_id=alice.pk).count() == 1


def test_a_wrong_proof_is_noted(visitor):
    factor = give_app(UserFactory())
    sign_in_with(visitor, factor, minutes_ago=11)

    visitor.post(reverse("mfa_reauthenticate"), {"code": "000000"})

    assert SecurityEvent.objects.get(kind="step_up_failed").user_id == factor.user_id


# --- Mailed codes ----------------------------------------------------------------------------------------------------

CODE_PAGE = "account_reauthenticate_by_code"


def test_a_person_without_a_password_proves_the_mailbox(visitor, code_for):
    alice = UserFactory(email="alice@example.org", password=None)
    visitor.force_login(alice)
    url = reverse("account_email")

    asked = visitor.post(url, {"email": "alice@elsewhere.example", "action_add": ""})

    assert asked["Location"].startswith(reverse(CODE_PAGE))
    visitor.post(asked["Location"], {"send": "", "next": url})
    code = code_for(alice.email)
    done = visitor.post(asked["Location"], {"code": code, "next": url})
    assert done["Location"] == reverse("account_email_verification_sent")


def test_a_mailed_code_counts_once_and_lies_nowhere_readable(visitor, code_for):
    alice = UserFactory(email="alice@example.org", password=None)
    visitor.force_login(alice)
    visitor.post(reverse(CODE_PAGE), {"send": ""})
    code = code_for(alice.email)

    assert code not in str(dict(visitor.session))
    assert visitor.post(reverse(CODE_PAGE), {"code": code}).status_code == 302
    assert visitor.post(reverse(CODE_PAGE), {"code": code}).status_code == 200


def test_three_wrong_ones_make_a_mailed_code_void(settings, visitor, code_for):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"guess of a code again": "3/h/key"}
    alice = UserFactory(email="alice@example.org", password=None)
    visitor.force_login(alice)
    visitor.post(reverse(CODE_PAGE), {"send": ""})

    for _ in range(3):
        visitor.post(reverse(CODE_PAGE), {"code": "WRONG"})

    assert visitor.post(reverse(CODE_PAGE), {"code": code_for(alice.email)}).status_code == 200


def test_mailed_codes_have_an_end(settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"code again": "3/m/key"}
    visitor = Client(headers={"accept-language": "en"})
    visitor.force_login(UserFactory(password=None))

    answers = [visitor.post(reverse(CODE_PAGE), {"send": ""}, follow=True) for _ in range(4)]

    assert ["Please wait" in answer.content.decode() for answer in answers] == [False, False, False, True]


# --- The first factor of staff ---------------------------------------------------------------------------------------


def test_the_first_factor_of_staff_wants_password_and_mailed_code(visitor, merchant, code_for):
    sign_in(visitor, ADDRESS)
    url = reverse("mfa_activate_totp")

    by_password = visitor.get(url)
    assert by_password["Location"].startswith(reverse("account_reauthenticate") + "?")
    visitor.post(by_password["Location"], {"password": PASSWORD, "next": url})
    by_code = visitor.get(url)
    assert by_code["Location"].startswith(reverse(CODE_PAGE))
    visitor.post(by_code["Location"], {"send": "", "next": url})
    visitor.post(by_code["Location"], {"code": code_for(ADDRESS), "next": url})
    set_up(visitor)

    assert Authenticator.objects.filter(user=merchant, type="totp").exists()
    assert visitor.get(reverse("admin:index")).status_code == 200


def test_the_password_alone_sets_no_factor_up_for_staff(visitor, merchant):
    sign_in(visitor, ADDRESS)
    visitor.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    visitor.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert visitor.get(reverse("mfa_activate_totp"))["Location"].startswith(reverse(CODE_PAGE))
    assert not Authenticator.objects.exists()


# --- The page of a proof ---------------------------------------------------------------------------------------------


def test_a_way_that_was_gone_already_is_not_offered_again(visitor, merchant):
    sign_in(visitor, ADDRESS)
    url = reverse("mfa_activate_totp")
    first = visitor.get(visitor.get(url)["Location"]).content.decode()
    visitor.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": url})
    second = visitor.get(visitor.get(url)["Location"]).content.decode()

    assert f'href="{reverse(CODE_PAGE)}?' in first
    assert f'href="{reverse("account_reauthenticate")}?' not in second


def test_the_page_tells_whether_something_waits_and_leads_back_to_where_no_proof_is_asked_for(visitor, merchant):
    factor = give_app(merchant)
    sign_in_with(visitor, factor, minutes_ago=11)
    url = reverse("admin:auth_group_add")

    on_the_way_in = visitor.get(reverse("mfa_reauthenticate"), {"next": reverse("mfa_view_recovery_codes")})
    posted = visitor.get(visitor.post(url, {"name": "Desk"})["Location"])
    newcomer = Client()
    newcomer.force_login(merchant)
    outside = newcomer.get(reverse("mfa_reauthenticate"), {"next": url})

    assert [answer.context["is_waiting"] for answer in (on_the_way_in, posted, outside)] == [False, True, False]
    ways_back = [answer.context["back"] for answer in (on_the_way_in, posted, outside)]
    profile, administration = reverse("account-profile"), reverse("admin:index")
    assert ways_back == [profile, administration, profile]
    assert visitor.get(profile).status_code == 200


@pytest.mark.parametrize(
    ("has_passkey", "said"), [(True, "l’une de vos clés d’accès"), (False, "que votre mot de passe")]
)
def test_the_page_that_removes_the_app_tells_what_a_sign_in_asks_for_then(visitor, has_passkey, said):
    person = UserFactory()
    factor = give_app(person)
    if has_passkey:
        Authenticator.objects.create(user=person, type="webauthn", data={})
    sign_in_with(visitor, factor)

    assert said in visitor.get(reverse("mfa_deactivate_totp")).content.decode()
