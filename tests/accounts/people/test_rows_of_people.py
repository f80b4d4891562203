"""Every column written about people named, invited and proved, and whom each step passes over."""

from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError

from accounts.links.models import AddressLink
from accounts.links.services import LinkGone, NewLink, NotYourLink, create_links, find_link, use_link
from accounts.people.delegation.models import Delegation
from accounts.people.delegation.services import delegate
from accounts.people.models import User
from accounts.people.proof import forget_unproved_password, prove_address
from accounts.people.services import PersonTyped, find_or_create_people, invite_people
from accounts.rate_limits.services import KEPT_FOR, TooOften, count_attempt, is_used_up
from common.tidying import tidy
from common.tokens import derive_token, hash_token
from outbox.mails.models import Mail
from tests.factories.accounts import PASSWORD, CustomerAccountFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


# --- Naming and inviting ---


def test_known_and_unknown_people_are_found_together():
    account, bob = CustomerAccountFactory(), UserFactory(email="bob@example.org")
    people = [PersonTyped(email="carol@example.org", first_name=" Carol "), PersonTyped(email="Bob@example.org")]

    found = find_or_create_people(people=people, account=account, language="fr", now=NOW)

    assert {email: each.created for email, each in found.items()} == {
        "carol@example.org": True, "bob@example.org": False,
    }  # fmt: skip
    assert found["bob@example.org"].user == bob
    carol = found["carol@example.org"].user
    assert (carol.email, carol.first_name, carol.last_name, carol.created_by_account_id) == (
        "carol@example.org", "Carol", "", account.pk,
    )  # fmt: skip
    assert EmailAddress.objects.filter(user=carol).values_list("email", "primary", "verified").get() == (
        "carol@example.org", True, False,
    )  # fmt: skip


def test_who_comes_by_themselves_is_nobodys():
    find_or_create_people(people=[PersonTyped(email="carol@example.org")], account=None, language="en", now=NOW)

    assert User.objects.values_list("created_by_account", "language").get() == (None, "en")


def test_an_invitation_is_the_persons_in_their_language_and_the_accounts():
    account = CustomerAccountFactory(name="Ateliers Martin")
    person = UserFactory(is_address_proved=False, password=None, language="")
    courses = [{"id": 7, "until": "2026-04-30", "name": "Fire", "period": "from Monday", "place": "Lyon"}]

    count = invite_people(
        users=[person], account=account, reason_key="seat:1", language="en", now=NOW,
        courses=lambda user, language: courses,
    )  # fmt: skip

    link, mail = AddressLink.objects.get(), Mail.objects.get()
    assert count == 1
    assert (link.purpose, link.email, link.user, link.account, link.language, link.order_id) == (
        "invitation", person.email, person, account, "en", None,
    )  # fmt: skip
    assert (mail.kind, mail.key, mail.recipient, mail.language) == (
        "invitation", f"invitation:seat:1:{person.pk}", person.email, "en",
    )  # fmt: skip
    assert mail.context == {
        "link_id": link.pk, "account_name": "Ateliers Martin", "is_enrolled": True, "courses": courses,
        "told": {"7": "2026-04-30"},
    }  # fmt: skip
    assert (mail.account_id, mail.person_id, mail.expires_at) == (account.pk, person.pk, link.expires_at)


def test_an_invitation_of_nobodys_account_names_none():
    person = UserFactory(is_address_proved=False, password=None, language="fr")

    invite_people(users=[person], account=None, reason_key="hand", language="en", now=NOW, is_enrolled=False)

    mail = Mail.objects.get()
    assert (mail.language, mail.account_id, AddressLink.objects.get().account) == ("fr", None, None)
    assert mail.context["account_name"] == ""
    assert (mail.context["is_enrolled"], mail.context["courses"]) == (False, [])


def test_nobody_to_invite_is_no_mail():
    assert invite_people(users=[UserFactory()], account=None, reason_key="seat:1", language="fr", now=NOW) == 0
    assert invite_people(users=[], account=None, reason_key="seat:1", language="fr", now=NOW) == 0
    assert not Mail.objects.exists()


def test_of_several_only_those_not_yet_invited_are():
    one, other = (UserFactory(is_address_proved=False, password=None) for _ in range(2))
    invite_people(users=[one], account=None, reason_key="seat:1", language="fr", now=NOW)

    assert invite_people(users=[one, other], account=None, reason_key="seat:1", language="fr", now=NOW) == 1

    assert sorted(Mail.objects.values_list("person_id", flat=True)) == sorted([one.pk, other.pk])


def test_a_person_is_attached_under_the_name_typed():
    account, operator, person = CustomerAccountFactory(), UserFactory(), UserFactory(email="bob@example.org")
    people = [
        PersonTyped(email=" Bob@example.org", first_name=" Bob ", last_name=" Roy "),
        PersonTyped(email="bob@example.org", first_name="Robert"),
    ]

    delegate(account=account, operator=operator, people=people, users={person.email: person}, now=NOW)

    columns = ("account", "operator", "person", "email", "first_name", "last_name", "created_at")
    assert Delegation.objects.values_list(*columns).get() == (
        account.pk, operator.pk, person.pk, "bob@example.org", "Bob", "Roy", NOW,
    )  # fmt: skip


# --- Links ---


def test_a_link_is_kept_with_all_that_was_told():
    account, user = CustomerAccountFactory(), UserFactory()

    [link] = create_links(
        links=[
            NewLink(purpose="claim", email=" A@Example.org", user=user, account=account, order_id=7, language="fr")
        ],
        now=NOW,
        valid_for=timedelta(days=2),
    )  # fmt: skip

    kept = AddressLink.objects.get()
    assert kept.pk == link.pk
    assert (kept.purpose, kept.email, kept.user, kept.account, kept.order_id, kept.language) == (
        "claim", "a@example.org", user, account, 7, "fr",
    )  # fmt: skip
    assert (kept.created_at, kept.expires_at, kept.used_at) == (NOW, NOW + timedelta(days=2), None)
    token = derive_token("address link", kept.pk, kept.nonce)
    assert kept.token_hash == hash_token(token)
    assert find_link(token=token, now=NOW) == kept
    assert find_link(token=token + "x", now=NOW) is None
    assert find_link(token=token, now=NOW + timedelta(days=2)) is None


def test_no_links_are_none_and_no_address_is_refused():
    assert create_links(links=[], now=NOW) == []
    with pytest.raises(ValidationError):
        create_links(links=[NewLink(purpose="claim", email="nobody")], now=NOW)


def test_links_come_back_in_the_order_given():
    made = create_links(links=[NewLink(purpose="claim", email=f"{name}@example.org") for name in "cab"], now=NOW)

    assert [link.email[0] for link in made] == ["c", "a", "b"]
    assert len({link.nonce for link in made}) == 3


def test_a_link_works_once_for_its_owner_alone():
    alice, bob = UserFactory(email="alice@example.org"), UserFactory()
    closed = UserFactory(email="closed@example.org", is_active=False)
    links = create_links(
        links=[NewLink(purpose="claim", email=user.email) for user in (alice, alice, closed)], now=NOW
    )  # fmt: skip
    seen = []

    def use(link, user, now=NOW):
        return use_link(link_id=link.pk, user=user, now=now, effect=lambda used: seen.append(used.used_at) or "/next/")

    for link, user in ((links[0], bob), (links[2], closed)):
        with pytest.raises(NotYourLink):
            use(link, user)
    with pytest.raises(LinkGone):
        use(links[0], alice, now=NOW + timedelta(days=30))
    assert use(links[0], alice) == "/next/"
    with pytest.raises(LinkGone):
        use(links[0], alice)

    assert seen == [NOW]
    assert [AddressLink.objects.get(pk=link.pk).used_at for link in links] == [NOW, None, None]


# --- Proof ---


def test_a_proof_makes_a_person_only_where_it_may():
    assert prove_address(email="new@example.org", language="fr", may_create=False, now=NOW) is None
    assert not User.objects.exists()

    user = prove_address(email="new@example.org", language="fr", may_create=True, now=NOW)

    assert (user.email, user.language, user.created_by_account_id, user.date_joined) == (
        "new@example.org", "fr", None, NOW,
    )  # fmt: skip
    assert EmailAddress.objects.values_list("user", "email", "verified", "primary").get() == (
        user.pk, "new@example.org", True, True,
    )  # fmt: skip


def test_a_proof_brings_back_an_address_row_that_is_missing():
    user = UserFactory(email="alice@example.org")
    EmailAddress.objects.all().delete()

    prove_address(email=user.email, language="fr", may_create=False, now=NOW)

    assert EmailAddress.objects.values_list("user", "email", "verified", "primary").get() == (
        user.pk, user.email, True, True,
    )  # fmt: skip


def test_only_a_password_typed_before_the_proof_dies():
    proved, typed, without = (
        UserFactory(),
        UserFactory(is_address_proved=False),
        UserFactory(is_address_proved=False, password=None),
    )

    assert [forget_unproved_password(user_id=user.pk) for user in (proved, typed, without)] == [False, True, False]

    for user in (proved, typed, without):
        user.refresh_from_db()
    assert proved.check_password(PASSWORD)
    assert not typed.has_usable_password()


def test_a_proof_tells_the_password_it_has_voided():
    typed = UserFactory(is_address_proved=False)

    user = prove_address(email=typed.email, language="fr", may_create=False, now=NOW)

    assert not user.has_usable_password()


def test_a_closed_person_is_proved_by_nothing():
    closed = UserFactory(is_active=False, is_address_proved=False)

    assert prove_address(email=closed.email, language="fr", may_create=True, now=NOW) == closed

    assert not EmailAddress.objects.filter(verified=True).exists()
    closed.refresh_from_db()
    assert closed.check_password(PASSWORD)


# --- Rates ---


def test_a_refusal_says_what_was_done_too_often(settings):
    settings.RATE_LIMITS = {"knock": "1/m/key"}
    count_attempt(what="knock", who="alice", now=NOW)

    with pytest.raises(TooOften) as refused:
        count_attempt(what="knock", who="alice", now=NOW)
    assert (refused.value.what, refused.value.seconds) == ("knock", 60)


def test_what_is_counted_apart_stays_apart(settings):
    settings.RATE_LIMITS = {"knock": "1/m/key", "ring": "1/m/key,2/h/key"}
    count_attempt(what="knock", who="alice", now=NOW)

    assert is_used_up(what="knock", who="alice", now=NOW)
    assert not is_used_up(what="ring", who="alice", now=NOW)
    count_attempt(what="ring", who="alice", now=NOW)
    count_attempt(what="ring", who="alice", now=NOW + timedelta(minutes=1))
    # The minute is free again, the hour is not.
    assert is_used_up(what="ring", who="alice", now=NOW + timedelta(minutes=2))


def test_counts_are_forgotten_once_no_limit_looks_at_them(settings):
    settings.RATE_LIMITS = {"knock": "1/m/key"}
    count_attempt(what="knock", who="alice", now=NOW)

    assert tidy("attempts", now=NOW + KEPT_FOR) == 0
    assert tidy("attempts", now=NOW + KEPT_FOR + timedelta(seconds=1)) == 1
