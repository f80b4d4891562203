"""A request for erasure: asked, withdrawn, refused, carried out in steps, and finished when nothing is left."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from accounts.links.models import AddressLink
from accounts.links.services import NewLink, create_links
from accounts.members.models import MemberInvitation, Membership
from accounts.members.services import invite_member
from accounts.people.closing import OnlyOwner
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.people.services import PersonTyped, find_or_create_people
from accounts.privacy.acts import erase_or_ask
from accounts.privacy.erase import JOB_KIND, LOOK_AGAIN, begin_erasure, run_step
from accounts.privacy.errors import ErasedAlready, ErasureAsked, ErasureDecided, ReasonMissing, StaffNotErased
from accounts.privacy.models import ErasureRequest
from accounts.privacy.requests import ask_for_erasure, refuse_erasure, withdraw_erasure
from accounts.second_person.models import Approval
from accounts.security_log.models import SecurityEvent
from common.emails import erased_address
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.constraints import broken
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory
from tests.factories.outbox import MailFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()
State = ErasureRequest.State


@pytest.fixture
def alice() -> User:
    return UserFactory(email="alice@example.org", first_name="Alice", last_name="Martin")


@pytest.fixture
def merchant() -> User:
    return UserFactory(is_staff=True, is_superuser=True)


def asked(person: User) -> ErasureRequest:
    return ask_for_erasure(person=person, asked_by=person, now=NOW)


def erased(person: User, merchant: User) -> ErasureRequest:
    """Erase a person to the end, as the worker does, with their last mail on its way."""
    request = begin_erasure(request_id=asked(person).pk, actor=merchant, now=NOW)
    run_due_jobs()
    Job.objects.pending().update(due_at=NOW)
    run_due_jobs()
    request.refresh_from_db()
    person.refresh_from_db()
    return request


def kinds(person: User) -> list[str]:
    return list(SecurityEvent.objects.filter(user_id=person.pk).order_by("pk").values_list("kind", flat=True))


def text_of(mail: Mail) -> str:
    return render_mail(mail, blank_secrets=True).text


# Asking


def test_a_request_is_told_to_the_person_and_logged(alice):
    request = asked(alice)

    assert (request.state, request.asked_by) == (State.OPEN, alice)
    mail = Mail.objects.get()
    assert (mail.recipient, mail.kind, mail.person_id) == ("alice@example.org", "erasure", alice.pk)
    assert "erase all that the shop holds about you" in text_of(mail)
    assert kinds(alice) == ["erasure_asked"]


def test_is_asked_for_once_at_a_time(alice):
    asked(alice)

    with pytest.raises(ErasureAsked):
        asked(alice)
    withdraw_erasure(person=alice, now=NOW)
    with pytest.raises(ErasureDecided):
        withdraw_erasure(person=alice, now=NOW)
    assert asked(alice).state == State.OPEN


def test_staff_lose_their_access_first(merchant, alice):
    with pytest.raises(StaffNotErased):
        asked(merchant)
    request = asked(alice)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    with pytest.raises(StaffNotErased):
        begin_erasure(request_id=request.pk, actor=merchant, now=NOW)
    request.refresh_from_db()
    assert request.state == State.OPEN


def test_a_refusal_tells_its_reason(alice, merchant):
    request = asked(alice)
    with pytest.raises(ReasonMissing):
        refuse_erasure(request_id=request.pk, actor=merchant, reason="  ", now=NOW)

    refuse_erasure(request_id=request.pk, actor=merchant, reason="A claim is open.", now=NOW)

    request.refresh_from_db()
    assert (request.state, request.decided_by, request.reason) == (State.REFUSED, merchant, "A claim is open.")
    assert "A claim is open." in text_of(Mail.objects.latest("pk"))
    with pytest.raises(ErasureDecided):
        begin_erasure(request_id=request.pk, actor=merchant, now=NOW)


# Carrying out


def test_the_first_step_takes_name_address_and_ways_in(alice, merchant):
    MailFactory(recipient=alice.email, person_id=alice.pk)
    request = begin_erasure(request_id=asked(alice).pk, actor=merchant, now=NOW)

    alice.refresh_from_db()
    assert (alice.email, alice.first_name, alice.last_name) == (erased_address(alice.pk), "", "")
    assert (alice.is_active, alice.has_usable_password()) == (False, False)
    assert not EmailAddress.objects.filter(user=alice).exists()
    with override("en"):
        assert str(alice) == alice.get_full_name() == f"Erased person no. {alice.pk}"
    assert request.known == {"emails": ["alice@example.org"], "names": [["Alice", "Martin"]]}
    assert kinds(alice)[-1] == "person_erased"
    assert Job.objects.filter(kind=JOB_KIND).count() == 1


def test_erasing_to_the_end_blanks_mails_links_names_and_invitations(alice, merchant):
    owner = MembershipFactory().user
    account = owner.memberships.get().account
    DelegationFactory(account=account, operator=owner, person=alice)
    create_links(
        links=[NewLink(purpose=AddressLink.Purpose.INVITATION, email=alice.email, user=alice, account=account)], now=NOW
    )
    invite_member(account=account, invited_by=owner, email=alice.email, roles={"is_buyer"}, language="en", now=NOW)
    to_owner = MailFactory(
        recipient=owner.email, context={"name": "Alice Martin", "course": "First aid"}, state="failed"
    )

    request = erased(alice, merchant)

    assert (request.state, request.known, request.ended_at is not None) == (State.DONE, {}, True)
    assert request.rows > 0
    assert not Delegation.objects.filter(person=alice).exists()
    assert not MemberInvitation.objects.exists()
    assert set(AddressLink.objects.values_list("email", flat=True)) == {erased_address(alice.pk)}
    assert not Mail.objects.filter(recipient="alice@example.org").exists()
    to_owner.refresh_from_db()
    assert to_owner.context == {"name": "…", "course": "First aid"}
    assert kinds(alice)[-1] == "erasure_done"
    with pytest.raises(ErasedAlready):
        asked(alice)


def test_the_last_mail_leaves_before_the_erasure_is_done(alice, merchant):
    now = timezone.now()
    request = begin_erasure(request_id=asked(alice).pk, actor=merchant, now=now)
    last = Mail.objects.get(key=f"erasure:{request.pk}:begun")
    Job.objects.exclude(kind=JOB_KIND).update(due_at=now + LOOK_AGAIN * 2)
    steps = Job.objects.pending().filter(kind=JOB_KIND, due_at__lt=now + LOOK_AGAIN)
    while (job := steps.first()) is not None:
        run_step(job, now)
        Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, finished_at=now)

    request.refresh_from_db()
    assert (request.state, last.recipient, last.state) == (State.RUNNING, "alice@example.org", "queued")
    assert Mail.objects.exclude(pk=last.pk).filter(recipient="alice@example.org").count() == 0


def test_the_address_is_free_for_somebody_new(alice, merchant):
    erased(alice, merchant)

    found = find_or_create_people(
        people=[PersonTyped(email="alice@example.org", first_name="Alicia")], account=None, language="en", now=NOW
    )["alice@example.org"]

    assert (found.created, found.user == alice) == (True, False)


def test_an_erasure_leaves_who_has_an_old_address_alone(alice, merchant):
    """An address that one person gave up may be another's by now."""
    DelegationFactory(person=alice, email="shared@example.org")
    other = UserFactory(email="shared@example.org")
    MailFactory(recipient=other.email, person_id=other.pk, state="failed", subject="For another")

    erased(alice, merchant)

    assert Mail.objects.filter(recipient=other.email, subject="For another").exists()


def test_an_only_owner_is_not_erased_and_nothing_is_lost(alice, merchant):
    account = MembershipFactory(user=alice).account
    MembershipFactory(account=account, is_owner=False, is_buyer=True)
    request = asked(alice)

    with pytest.raises(OnlyOwner):
        begin_erasure(request_id=request.pk, actor=merchant, now=NOW)

    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_the_own_account_of_a_private_person_is_emptied_and_that_of_others_scrubbed(alice, merchant):
    own = CustomerAccountFactory(kind="person", name="Alice Martin", payer_email="alice@example.org")
    MembershipFactory(account=own, user=alice)
    works = CustomerAccountFactory(name="Cabinet Alice Martin", payer_email="alice@example.org")
    MembershipFactory(account=works, user=alice)

    erased(alice, merchant)

    own.refresh_from_db()
    works.refresh_from_db()
    assert (own.name, own.street, own.city, own.payer_email) == ("", "", "", "")
    assert (works.name, works.city, works.payer_email) == ("Cabinet …", "Lyon", "")
    assert Membership.objects.filter(user=alice).count() == 2


def test_a_namesake_keeps_what_is_theirs(alice, merchant):
    other = UserFactory(email="am@example.org", first_name="Alice", last_name="Martin")
    account = CustomerAccountFactory(kind="person", name="Alice Martin")
    MembershipFactory(account=account, user=other)
    mail = MailFactory(
        recipient=other.email, person_id=other.pk, context={"who": "Alice Martin"}, state="sent", sent_at=NOW
    )
    about_alice = MailFactory(recipient="boss@example.org", context={"who": "Alice Martin"}, state="sent", sent_at=NOW)

    erased(alice, merchant)

    account.refresh_from_db()
    mail.refresh_from_db()
    about_alice.refresh_from_db()
    assert (account.name, mail.context, about_alice.context) == (
        "Alice Martin", {"who": "Alice Martin"}, {"who": "…"},
    )  # fmt: skip


def test_a_second_person_may_be_wanted(alice, merchant, settings):
    settings.SECOND_PERSON_ERASURE = True
    request = asked(alice)

    assert erase_or_ask(request_id=request.pk, actor=merchant, now=NOW) == Approval.objects.get()

    alice.refresh_from_db()
    request.refresh_from_db()
    assert (alice.email, request.state) == ("alice@example.org", State.OPEN)


def test_a_step_that_comes_twice_or_too_late_changes_nothing(alice, merchant):
    request = erased(alice, merchant)
    job = Job.objects.filter(kind=JOB_KIND).latest("pk")
    rows = request.rows

    run_step(job, NOW)

    request.refresh_from_db()
    assert (request.rows, Job.objects.pending().exists()) == (rows, False)


# Constraints


def test_an_erased_person_has_no_name_and_cannot_sign_in(alice, merchant):
    begin_erasure(request_id=asked(alice).pk, actor=merchant, now=NOW)
    for change in ("first_name = 'Alice'", "is_active = true", "is_staff = true"):
        with broken("accounts_user_erased"), connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_user SET {change} WHERE id = %s", [alice.pk])


def test_a_request_has_its_shape(alice):
    request = asked(alice)
    change = "UPDATE accounts_erasurerequest SET"
    with connection.cursor() as cursor:
        for state in ("'running'", "'somehow', decided_at = now()"):
            with broken("accounts_erasure_shape"):
                cursor.execute(f"{change} state = {state} WHERE id = %s", [request.pk])
        with broken("accounts_erasure_ended_when_done"):
            cursor.execute(f"{change} ended_at = now() WHERE id = %s", [request.pk])
        with broken("accounts_erasure_forgets"):
            cursor.execute(f"""{change} known = '{{"emails": ["a@example.org"]}}' WHERE id = %s""", [request.pk])
    with broken("accounts_erasure_once"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_erasurerequest (person_id, asked_by_id, asked_at) VALUES (%s, %s, now())",
            [alice.pk, alice.pk],
        )
