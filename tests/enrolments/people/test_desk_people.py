"""People at the operator's desk: Bob operates the account, Carol was placed by the account, Charlie is a stranger."""

import datetime

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from accounts.links.services import LinkGone
from accounts.members.models import CustomerAccount
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.people.proof import prove_by_link
from accounts.people.services import PersonTyped
from enrolments.courses.roles.models import Role
from enrolments.events.models import Event
from enrolments.grounds.by_hand import end_by_hand, enrol_by_hand
from enrolments.grounds.enrol_line import enrol_on_line
from enrolments.grounds.models import Ground
from enrolments.people.edit import edit_person, version_of
from enrolments.people.mail_again import MailedJustNow, MailedOften, mail_again
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from enrolments.values import Period, Terms
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import assign, given_pack, new_line
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db

SETTLED = "These details can no longer be changed here"


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user__email="bob@example.org").user


@pytest.fixture
def client(bob):
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    return client


@pytest.fixture
def carol(account, bob):
    """Return a person made and placed by this account alone, who never signed in."""
    [seat] = given_pack(account)
    return assign(seat, CourseFactory(), "carol@example.org", bob, now=timezone.now()).user


def ours():
    return CustomerAccount.objects.get(name="Ateliers Martin").pk


def shown(user):
    """Return what the page's form says of the address."""
    return {"email": Delegation.objects.get(account=ours(), person=user).email}


def page_of(user):
    """Return the account and the delegation that name a person's page."""
    return [ours(), Delegation.objects.get(account=ours(), person=user).pk]


def person_url(user):
    return reverse("account-person", args=page_of(user))


def mail_url(user):
    return reverse("account-person-mail", args=page_of(user))


def mail_state(client):
    [row] = client.get(reverse("account-people", args=[ours()])).context["rows"]
    return row.onboarding


def age_mails(minutes):
    for mail in Mail.objects.all():
        Mail.objects.filter(pk=mail.pk).update(created_at=mail.created_at - datetime.timedelta(minutes=minutes))


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def edit(client, user, **changes):
    form = client.get(person_url(user)).context["form"]
    return client.post(person_url(user), {name: form[name].value() for name in form.fields} | changes)


# Mailing again


def test_the_invitation_is_mailed_again(client, account, carol):
    age_mails(11)

    answer = client.post(mail_url(carol), shown(carol), follow=True)

    assert answer.redirect_chain == [(person_url(carol), 302)]
    assert said(answer) == ["A mail to carol@example.org is on its way."]
    assert (
        list(Mail.objects.filter(person_id=carol.pk).values_list("kind", "account_id"))
        == [("invitation", account.pk)] * 2
    )
    assert AddressLink.objects.filter(user=carol, account=account).count() == 2


def test_who_proved_their_address_is_told_how_to_sign_in_and_the_answer_is_the_same(client, account, bob):
    dan = UserFactory(email="dan@example.org")
    DelegationFactory(account=account, operator=bob, person=dan, email="dan@example.org")

    answer = client.post(mail_url(dan), shown(dan), follow=True)

    assert said(answer) == ["A mail to dan@example.org is on its way."]
    mail = Mail.objects.get()
    assert mail.kind == "sign_in_reminder"
    rendered = render_mail(mail, blank_secrets=False)
    assert rendered.subject == "How to sign in to your training"
    assert reverse("account_login") in rendered.text
    assert reverse("account_login") in rendered.html


def test_the_address_typed_is_named_and_the_present_one_written_to(client, account, bob):
    dan = UserFactory(email="new@example.org")
    DelegationFactory(account=account, operator=bob, person=dan, email="old@example.org")

    answer = client.post(mail_url(dan), shown(dan), follow=True)

    assert said(answer) == ["A mail to old@example.org is on its way."]
    assert "new@example.org" not in answer.content.decode()
    assert Mail.objects.get().recipient == "new@example.org"


def test_a_second_mail_waits_ten_minutes(client, carol):
    [message] = said(client.post(mail_url(carol), shown(carol), follow=True))

    assert message.startswith("A mail went to this person at ")
    assert "before you send another one." in message
    assert Mail.objects.count() == 1


def test_the_time_to_wait_is_told_by_the_shops_clock():
    mailed_at = datetime.datetime(2026, 3, 2, 13, 55, tzinfo=datetime.UTC)

    refusal = MailedJustNow(mailed_at, mailed_at + datetime.timedelta(minutes=10))

    with override("en"):
        told = str(refusal)
    assert told == "A mail went to this person at 14:55. Wait until 15:05 before you send another one."


@pytest.mark.parametrize(("own", "language"), [("fr", "fr"), ("", "en")])
def test_how_to_sign_in_is_told_in_the_persons_language_else_in_the_operators(account, bob, own, language):
    dan = UserFactory(language=own)
    DelegationFactory(account=account, operator=bob, person=dan)

    mail_again(account=account, person_id=dan.pk, language="en", now=timezone.now())

    assert (Mail.objects.get().kind, Mail.objects.get().language) == ("sign_in_reminder", language)


def test_the_ten_minutes_end_to_the_moment(account, carol):
    mailed_at = Mail.objects.get().created_at

    def again(at):
        mail_again(account=account, person_id=carol.pk, language="en", now=at)

    with pytest.raises(MailedJustNow) as refused:
        again(mailed_at + datetime.timedelta(minutes=10) - datetime.timedelta(microseconds=1))
    assert refused.value.again_at == mailed_at + datetime.timedelta(minutes=10)
    assert Mail.objects.count() == 1
    again(mailed_at + datetime.timedelta(minutes=10))
    assert Mail.objects.count() == 2


def test_the_day_of_five_mails_ends_to_the_moment(account, carol):
    for _ in range(4):
        age_mails(11)
        mail_again(account=account, person_id=carol.pk, language="en", now=timezone.now())
    first = Mail.objects.order_by("created_at").first().created_at
    Mail.objects.exclude(created_at=first).update(created_at=first + datetime.timedelta(hours=1))

    def again(at):
        mail_again(account=account, person_id=carol.pk, language="en", now=at)

    with pytest.raises(MailedOften):
        again(first + datetime.timedelta(days=1) - datetime.timedelta(microseconds=1))
    again(first + datetime.timedelta(days=1))
    assert Mail.objects.count() == 6


def test_nobody_gets_more_than_five_mails_a_day_of_one_account(client, carol):
    for _ in range(4):
        age_mails(11)
        client.post(mail_url(carol), shown(carol))
    age_mails(11)

    answer = client.post(mail_url(carol), shown(carol), follow=True)

    assert said(answer)[-1] == "This person got 5 mails from your account within a day. Try again tomorrow."
    assert Mail.objects.count() == 5
    age_mails(24 * 60)
    assert said(client.post(mail_url(carol), shown(carol), follow=True)) == [
        "A mail to carol@example.org is on its way."
    ]


def test_the_mails_of_others_neither_count_nor_show(client, account, bob):
    [theirs] = given_pack(CustomerAccountFactory())
    dan = assign(theirs, CourseFactory(), "dan@example.org", UserFactory(), now=timezone.now()).user
    DelegationFactory(account=account, operator=bob, person=dan, email="dan@example.org")

    assert mail_state(client).mailed_at is None
    assert said(client.post(mail_url(dan), shown(dan), follow=True)) == ["A mail to dan@example.org is on its way."]


def test_an_old_page_mails_nobody_at_an_address_it_did_not_show(client, carol):
    age_mails(11)
    old = shown(carol)
    edit(client, carol, email="corrected@example.org")
    age_mails(11)
    mails = Mail.objects.count()

    for posted in (old, {}, {"email": ""}):
        answer = client.post(mail_url(carol), posted, follow=True)
        assert "now it is corrected@example.org. No mail was sent" in said(answer)[-1]
    assert Mail.objects.count() == mails
    client.post(mail_url(carol), shown(carol))
    assert Mail.objects.count() == mails + 1


def test_two_tabs_mail_in_the_name_of_the_account_each_shows(client, account, bob, carol):
    other = MembershipFactory(user=bob, account__name="Zinc SA").account
    age_mails(11)
    client.get(person_url(carol))
    client.get(reverse("account-people", args=[other.pk]))

    client.post(mail_url(carol), shown(carol))

    assert set(Mail.objects.filter(person_id=carol.pk).values_list("account_id", flat=True)) == {account.pk}
    assert (
        client.post(reverse("account-person-mail", args=[other.pk, page_of(carol)[1]]), shown(carol)).status_code == 404
    )


def test_opening_the_address_mails_nobody(client, carol):
    assert client.get(mail_url(carol)).status_code == 405
    assert Mail.objects.count() == 1


# Progress shown


def test_the_list_tells_how_far_people_came(client, account, bob, carol):
    assert mail_state(client).mailed_at == Mail.objects.get().created_at
    assert "Mailed on" in client.get(reverse("account-people", args=[ours()])).content.decode()

    AddressLink.objects.update(used_at=timezone.now())
    assert "Accepted on" in client.get(reverse("account-people", args=[ours()])).content.decode()

    User.objects.filter(pk=carol.pk).update(last_login=timezone.now())
    assert "Has signed in" in client.get(reverse("account-people", args=[ours()])).content.decode()

    course = carol.enrolments.get().course
    enter_course(user=carol, course=course, now=timezone.now())
    assert "Began on" in client.get(reverse("account-people", args=[ours()])).content.decode()


def test_what_somebody_did_for_others_does_not_show(client, account, bob):
    other = CustomerAccountFactory()
    [theirs] = given_pack(other)
    course = CourseFactory()
    dan = assign(theirs, course, "dan@example.org", UserFactory(), now=timezone.now()).user
    AddressLink.objects.update(used_at=timezone.now())
    User.objects.filter(pk=dan.pk).update(last_login=timezone.now())
    enter_course(user=dan, course=course, now=timezone.now())
    DelegationFactory(account=account, operator=bob, person=dan, email="dan@example.org")

    onboarding = mail_state(client)

    assert (onboarding.mailed_at, onboarding.accepted_at, onboarding.entered_at, onboarding.has_signed_in) == (
        None,
        None,
        None,
        False,
    )


# Editing


def test_a_mistyped_person_is_put_right(client, account, carol):
    [old_link] = AddressLink.objects.all()

    answer = edit(client, carol, email=" Carole@Example.org ", first_name="Carole", last_name="Petit")

    assert answer.status_code == 302
    carol.refresh_from_db()
    assert (carol.email, carol.first_name, carol.last_name) == ("carole@example.org", "Carole", "Petit")
    assert EmailAddress.objects.get(user=carol).email == "carole@example.org"
    typed = Delegation.objects.get(account=account)
    assert (typed.email, typed.first_name, typed.last_name) == ("carole@example.org", "Carole", "Petit")
    assert Mail.objects.order_by("-pk").first().recipient == "carole@example.org"
    assert Mail.objects.count() == 2
    with pytest.raises(LinkGone):
        prove_by_link(link=old_link, now=timezone.now())


def test_a_name_put_right_mails_nobody(client, carol):
    edit(client, carol, last_name="Petit")

    carol.refresh_from_db()
    assert carol.last_name == "Petit"
    assert Mail.objects.count() == 1


def signed_in(carol):
    User.objects.filter(pk=carol.pk).update(last_login=timezone.now())


def proved(carol):
    EmailAddress.objects.filter(user=carol).update(verified=True)


def placed_by_another(carol):
    [seat] = given_pack(CustomerAccountFactory())
    assign(seat, CourseFactory(), carol.email, UserFactory(), now=timezone.now())


def enrolled_by_another_without_a_word_about_it(carol):
    line = new_line(CustomerAccountFactory())
    student = role(Role.STUDENT)
    enrol_on_line(
        line=line, course=CourseFactory(), user=carol, role=student, group=None, terms=Terms(), now=timezone.now()
    )


def enrolled_by_the_merchant(carol):
    now = timezone.now()
    enrol_by_hand(course=CourseFactory(), user=carol, role=role(Role.STUDENT), period=Period(now), now=now)


def enrolled_by_the_merchant_once(carol):
    enrolled_by_the_merchant(carol)
    enrolment = carol.enrolments.get(grounds__kind=Ground.Kind.MERCHANT)
    end_by_hand(enrolment=enrolment, reason="Over", now=timezone.now())


def closed(carol):
    User.objects.filter(pk=carol.pk).update(is_active=False)


def delegated_to_another(carol):
    DelegationFactory(person=carol)


def made_by_another(carol):
    User.objects.filter(pk=carol.pk).update(created_by_account=CustomerAccountFactory())


def came_alone(carol):
    User.objects.filter(pk=carol.pk).update(created_by_account=None)


def member_of_another(carol):
    MembershipFactory(user=carol)


def on_the_staff(carol):
    User.objects.filter(pk=carol.pk).update(is_staff=True)


@pytest.mark.parametrize(
    "happens",
    [
        signed_in,
        proved,
        placed_by_another,
        enrolled_by_another_without_a_word_about_it,
        enrolled_by_the_merchant,
        enrolled_by_the_merchant_once,
        closed,
        delegated_to_another,
        made_by_another,
        came_alone,
        member_of_another,
        on_the_staff,
    ],
)
def test_a_person_others_rely_on_is_not_edited(client, account, carol, happens):
    page = client.get(person_url(carol))
    assert 'name="last_name"' in page.content.decode()
    form = page.context["form"]
    happens(carol)

    assert SETTLED in client.get(person_url(carol)).content.decode()
    answer = client.post(
        person_url(carol), {name: form[name].value() for name in form.fields} | {"email": "mine@example.org"}
    )

    assert answer.status_code == 422
    assert SETTLED in str(answer.context["form"].non_field_errors())
    assert answer.context["form"]["email"].value() == "mine@example.org"
    carol.refresh_from_db()
    assert carol.email == "carol@example.org"
    assert Delegation.objects.get(account=account).email == "carol@example.org"


def test_an_address_of_somebody_else_leads_on_to_a_replace(client, carol):
    dan = UserFactory(email="dan@example.org")

    answer = edit(client, carol, email="DAN@example.org", first_name="Dan")

    assert answer.status_code == 409
    assert "This address belongs to somebody else, so this is no correction" in answer.content.decode()
    assert User.objects.get(pk=carol.pk).email == "carol@example.org"
    form = answer.context["form"]
    posted = {name: form[name].value() or "" for name in form.fields}
    assert (posted["email"], posted["first_name"]) == ("DAN@example.org", "Dan")
    assert answer.context["action"] == reverse("account-person-replace", args=page_of(carol))

    confirmed = client.post(answer.context["action"], posted, follow=True)

    assert said(confirmed) == ["dan@example.org has the seat now. A mail is on its way."]
    assert Seat.objects.get().person == dan
    assert User.objects.get(pk=carol.pk).email == "carol@example.org"


def test_an_address_of_somebody_else_is_refused_where_there_is_no_seat_to_give(client, carol):
    UserFactory(email="dan@example.org")
    enter_course(user=carol, course=carol.enrolments.get().course, now=timezone.now())

    answer = edit(client, carol, email="DAN@example.org")

    assert answer.status_code == 422
    assert answer.context["form"].errors["email"] == [
        "This address belongs to somebody else, so this would be another person."
    ]
    assert User.objects.get(pk=carol.pk).email == "carol@example.org"


def test_an_address_somebody_is_changing_to_is_refused_too(client, carol):
    EmailAddress.objects.create(user=UserFactory(), email="dan@example.org", verified=True)

    assert edit(client, carol, email="dan@example.org").status_code == 409


def test_something_that_is_no_address_is_refused_and_kept(client, carol):
    answer = edit(client, carol, email="nobody", first_name="Carole")

    assert answer.status_code == 422
    assert [answer.context["form"][name].value() for name in ("email", "first_name")] == ["nobody", "Carole"]


def test_of_two_operators_the_second_is_told_and_may_insist(client, carol):
    opened = client.get(person_url(carol)).context["form"]
    mine = {name: opened[name].value() for name in opened.fields} | {"first_name": "Caroline"}
    edit(client, carol, first_name="Carole")

    answer = client.post(person_url(carol), mine)

    assert answer.status_code == 409
    assert "A colleague changed these details meanwhile" in str(answer.context["form"].non_field_errors())
    assert "Carole Durand" in answer.content.decode()
    assert answer.context["form"]["first_name"].value() == "Caroline"
    assert User.objects.get(pk=carol.pk).first_name == "Carole"

    again = answer.context["form"]
    client.post(person_url(carol), {name: again[name].value() for name in again.fields})
    assert User.objects.get(pk=carol.pk).first_name == "Caroline"


def test_an_address_is_changed_as_often_as_mails_may_go_out(client, carol):
    for number in range(4):
        assert edit(client, carol, email=f"carol{number}@example.org").status_code == 302

    answer = edit(client, carol, email="carol5@example.org")

    assert answer.status_code == 422
    assert "got 5 mails from your account within a day" in str(answer.context["form"].non_field_errors())
    assert User.objects.get(pk=carol.pk).email == "carol3@example.org"
    assert edit(client, carol, first_name="Carole").status_code == 302


# Invitations that are over


def test_an_invitation_past_its_date_looks_so(client, carol):
    long_ago = timezone.now() - datetime.timedelta(days=40)
    AddressLink.objects.update(created_at=long_ago, expires_at=long_ago + datetime.timedelta(days=30))

    [delegation] = carol.delegations_as_person.all()
    people = reverse("account-people", args=[delegation.account_id])
    seat = reverse("account-seat", args=[delegation.account_id, carol.seats.get().pk])
    for page in (people, person_url(carol)):
        assert "Expired on" in client.get(page).content.decode()

    assert "Invitation expired on" in client.get(seat).content.decode()

    AddressLink.objects.update(used_at=long_ago)
    assert "Invitation expired on" not in client.get(seat).content.decode()
    assert "Expired on" not in client.get(people).content.decode()


def test_who_is_in_no_course_any_more_is_not_invited_to_one(client, account, carol, bob):
    age_mails(11)
    seat = carol.seats.get()
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now())
    before = Mail.objects.count()

    [told] = said(client.post(mail_url(carol), {"email": carol.email}, follow=True))

    assert told.startswith("This person is in no course of your account any more.")
    assert Mail.objects.count() == before


def test_the_page_of_an_invitation_to_what_was_taken_back_says_so(account, carol, bob):
    link = AddressLink.objects.get(user=carol)
    page = link_url(link).partition("/accounts/")[1:]
    visitor = Client(headers={"accept-language": "en"})
    assert "Welcome to your training" in visitor.get("".join(page)).content.decode()
    Mail.objects.update(state="sent", sent_at=timezone.now())
    release_seat(account=account, seat_id=carol.seats.get().pk, actor=bob, now=timezone.now())

    shown = visitor.get("".join(page)).content.decode()

    assert "This invitation is over" in shown
    assert "Welcome to your training" not in shown


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, []),
        ({"email": "caroline@example.org"}, ["person_replaced"]),
        ({"last_name": "Curie"}, ["person_renamed"]),
        ({"email": "caroline@example.org", "last_name": "Curie"}, ["person_replaced", "person_renamed"]),
    ],
)
def test_whoever_follows_people_hears_what_was_edited(account, carol, changes, kinds):
    shown = Delegation.objects.get(account=account, person=carol)
    before = Event.objects.count()
    typed = {"email": shown.email, "first_name": shown.first_name, "last_name": shown.last_name} | changes

    edit_person(
        account=account,
        person_id=carol.pk,
        person=PersonTyped(**typed),
        expected_version=version_of(shown),
        language="en",
        now=timezone.now(),
    )

    written = Event.objects.order_by("pk")[before:]
    assert [(event.kind, event.person_id) for event in written] == [(kind, carol.pk) for kind in kinds]
