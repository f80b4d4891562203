"""Language, team and role of a row, and the seat that it gets where not every seat serves it."""

from dataclasses import replace

import pytest
from django.utils.translation import override

from accounts.members.models import Membership
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.teams.models import Team
from accounts.teams.services import TeamNotFound
from enrolments.courses.roles.models import Role
from enrolments.lists.drafts import mend_row
from enrolments.lists.models import PeopleList
from enrolments.lists.selectors import verdict_in_words
from enrolments.seats.assign import assign_seats
from enrolments.seats.models import Seat
from enrolments.seats.placing import RowsRefused, SeatWanted
from enrolments.seats.release import release_seat
from enrolments.teams.quota import SeatOfAnotherTeam, TeamFull, room_left, seats_in_use
from enrolments.teams.selectors import team_rows
from enrolments.teams.services import remove_team
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, given_pack, given_session, typed
from tests.enrolments.lists.given import begin, given_list, people, place, steps, verdicts
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator(account):
    return MembershipFactory(account=account, is_operator=True).user


@pytest.fixture
def course():
    return CourseFactory()


@pytest.fixture
def nantes(account):
    return Team.objects.create(account=account, name="Nantes", quota=2)


def attach(account, operator, name, team=None):
    person = UserFactory(email=f"{name}@example.org")
    return DelegationFactory(account=account, operator=operator, person=person, email=person.email, team=team)


def rows_of(*rows):
    """Return rows of a list, each an address with what else is typed about it."""
    return [
        replace(person, **more)
        for person, (_email, more) in zip(people(*(email for email, _more in rows)), rows, strict=True)
    ]


def words(people_list, language="en"):
    with override(language):
        return [verdict_in_words(row) for row in people_list.rows.order_by("line")]


def team_of(name):
    return Delegation.objects.get(email=f"{name}@example.org").team


# --- Languages ---


def test_a_new_person_is_invited_in_the_language_of_the_row_and_a_known_one_keeps_theirs(account, operator, course):
    given_pack(account, seats=3)
    UserFactory(email="known@example.org", language="en")
    rows = rows_of(
        ("new@example.org", {"language": "Français"}), ("known@example.org", {"language": "fr"}), ("no@example.org", {})
    )

    place(given_list(account, operator, rows, course))

    assert dict(Mail.objects.values_list("recipient", "language")) == {
        "new@example.org": "fr", "known@example.org": "en", "no@example.org": "en",
    }  # fmt: skip
    assert User.objects.get(email="new@example.org").language == "fr"


def test_a_language_the_shop_has_not_is_a_finding_and_is_mended(account, operator, course):
    given_pack(account, seats=1)
    [row] = rows_of(("ada@example.org", {"language": "klingon"}))
    draft = given_list(account, operator, [row], course)
    assert verdicts(draft) == ["bad_language"]
    assert words(draft, "fr") == ["Langue inconnue : anglais ou français"]

    mend_row(people_list=draft, line=2, version=1, row=replace(row, language="anglais"), now=NOW)

    assert verdicts(draft) == ["new"]


# --- Addresses ---


@pytest.mark.parametrize(
    "cell",
    ["ada@example.org; bob@example.org", "ada@example.org bob@example.org", "ada@example.org/bob@example.org",
     "Ada <ada@example.org>, Bob <bob@example.org>", "ada@example.org <bob@example.org>"],
)  # fmt: skip
def test_two_addresses_in_one_cell_are_a_finding_of_their_own(account, operator, course, cell):
    given_pack(account, seats=2)
    draft = given_list(account, operator, people(cell), course)

    assert verdicts(draft) == ["two_addresses"]
    assert words(draft) == ["Two addresses in one cell: give each a row"]
    assert words(draft, "fr") == ["Deux adresses dans une même cellule : une ligne pour chacune"]


@pytest.mark.parametrize("cell", ["ada@example.org <Ada@example.org>", "Ada <ada@example.org>;", "mailto:ada@x.org"])
def test_one_address_written_in_full_is_one(account, operator, course, cell):
    given_pack(account, seats=1)
    assert verdicts(given_list(account, operator, people(cell), course)) == ["new"]


# --- Roles ---


def test_a_role_is_known_by_the_names_the_merchant_gave_it_and_by_its_code(account, operator, course):
    Role.objects.filter(code="tutor").update(name_en="Coach (internal)", name_fr="Parrain")
    Role.objects.filter(code="student").update(name_en="Tutor", name_fr="Filleul")
    session = given_session(course, account, blanks=6)
    typed_roles = ("coach", "PARRAIN", "student", "Filleule", "Filleul", "Tutor", "teacher")
    rows = rows_of(*((f"p{number}@example.org", {"role": role}) for number, role in enumerate(typed_roles)))

    draft = given_list(account, operator, rows, group=session.group)

    codes = draft.rows.order_by("line").values_list("role__code", flat=True)
    assert list(codes) == ["tutor", "tutor", "student", None, "student", "student", "teacher"]
    assert verdicts(draft)[3] == "bad_role"
    assert words(draft)[3] == "Role unknown: write Tutor or Coach (internal)"
    assert words(draft, "fr")[3] == "Rôle inconnu : indiquez Filleul ou Parrain"
    assert verdicts(draft)[6] == "wrong_role"


# --- Teams ---


def test_a_row_puts_its_person_into_the_team_and_takes_a_seat_of_the_team_first(account, operator, course, nantes):
    pool, own = given_pack(account, seats=2)
    Seat.objects.filter(pk=own.pk).update(team=nantes)
    rows = rows_of(("ada@example.org", {"team": " NANTES "}), ("bob@example.org", {"team": "Nantes"}))

    place(given_list(account, operator, rows, course))

    holders = dict(Seat.objects.values_list("pk", "person__email"))
    assert holders == {own.pk: "ada@example.org", pool.pk: "bob@example.org"}
    assert (team_of("ada"), team_of("bob"), seats_in_use(nantes)) == (nantes, nantes, 2)


def test_an_unknown_team_is_a_finding_and_never_made(account, operator, course, nantes):
    given_pack(account, seats=2)
    Team.objects.create(account=CustomerAccountFactory(), name="Lyon")
    draft = given_list(account, operator, rows_of(("ada@example.org", {"team": "Lyon"})), course)

    assert verdicts(draft) == ["team_not_found"]
    assert words(draft) == ["Your account has no team “Lyon”: choose another one, or make it first"]
    assert Team.objects.filter(account=account).count() == 1


def test_nobody_is_put_from_one_team_into_another(account, operator, course, nantes):
    given_pack(account, seats=2)
    lyon = Team.objects.create(account=account, name="Lyon")
    attach(account, operator, "ada", lyon)
    draft = given_list(account, operator, rows_of(("ada@example.org", {"team": "Nantes"})), course)

    assert verdicts(draft) == ["seat_of_another_team"]
    assert words(draft) == ["The person is in the team “Lyon” of your account"]


def test_the_quota_of_a_team_ends_its_rows_with_the_seats_that_its_people_bring_along(
    account, operator, course, nantes
):
    seats = given_pack(account, seats=9)
    other = CourseFactory()
    assign(seats[0], other, "ada@example.org", operator)
    assign(seats[1], other, "eve@example.org", operator)
    assert room_left([nantes]) == {nantes.pk: 2}
    rows = rows_of(
        ("ada@example.org", {"team": "Nantes"}), ("bob@example.org", {"team": "Nantes"}), ("eve@example.org", {})
    )
    draft = given_list(account, operator, rows, course)

    assert verdicts(draft) == ["known", "team_full", "known"]
    assert words(draft)[1] == "The team “Nantes” has no seats left"
    place(draft, "valid")
    assert steps(draft) == ["placed", "", "placed"]
    assert (seats_in_use(nantes), room_left([nantes])) == (2, {nantes.pk: 0})


def test_whoever_is_in_a_team_gets_its_seats_and_others_none_of_them(account, operator, course, nantes):
    [seat] = given_pack(account)
    Seat.objects.filter(pk=seat.pk).update(team=nantes)
    attach(account, operator, "ada", nantes)
    lyon = Team.objects.create(account=account, name="Lyon")
    attach(account, operator, "bob", lyon)
    draft = given_list(account, operator, people("bob@example.org", "new@example.org", "ada@example.org"), course)

    assert verdicts(draft) == ["no_seat", "no_seat", "known"]
    assert words(draft)[0] == "No seat left but those of other teams"


def test_a_person_in_two_rows_is_in_one_team(account, operator, nantes):
    given_pack(account, seats=2)
    Team.objects.create(account=account, name="Lyon")
    courses = CourseFactory.create_batch(2)
    rows = rows_of(
        ("ada@example.org", {"team": "Nantes", "course": courses[0].short_name}),
        ("ada@example.org", {"team": "Lyon", "course": courses[1].short_name}),
    )
    assert verdicts(given_list(account, operator, rows)) == ["new", "seat_of_another_team"]


def test_a_team_that_was_filled_or_removed_meanwhile_ends_the_run_with_its_reason(account, operator, course, nantes):
    seats = given_pack(account, seats=5)
    rows = rows_of(("ada@example.org", {"team": "Nantes"}))
    begun = [begin(given_list(account, operator, rows, course))]
    run_due_jobs(limit=1)
    Team.objects.filter(pk=nantes.pk).update(quota=0)
    run_due_jobs()
    Team.objects.filter(pk=nantes.pk).update(quota=2)
    begun.append(begin(given_list(account, operator, rows, course)))
    run_due_jobs(limit=1)
    remove_team(account=account, team_id=nantes.pk, actor=operator, now=NOW)
    run_due_jobs()

    assert [PeopleList.objects.get(pk=each.pk).state for each in begun] == ["stopped", "stopped"]
    assert [verdicts(each) for each in begun] == [["team_full"], ["team_not_found"]]
    assert {seat.state for seat in Seat.objects.filter(pk__in=[seat.pk for seat in seats])} == {"available"}
    assert not Seat.objects.filter(people_list__isnull=False).exists()


def test_a_run_reserves_what_it_will_use_of_a_quota(account, operator, course, nantes):
    seats = given_pack(account, seats=9)
    assign(seats[0], CourseFactory(), "ada@example.org", operator)
    attach(account, operator, "eve", nantes)
    begun = begin(given_list(account, operator, rows_of(("ada@example.org", {"team": "Nantes"})), course))
    run_due_jobs(limit=1)

    assert (seats_in_use(nantes), room_left([nantes])) == (2, {nantes.pk: 0})
    [shown] = team_rows(account)
    assert (shown.in_use, shown.is_full) == (2, True)
    with pytest.raises(TeamFull):
        assign(seats[8], course, "eve@example.org", operator)
    second = given_list(account, operator, rows_of(("eve@example.org", {})), course)
    assert verdicts(second) == ["team_full"]

    run_due_jobs()
    assert (steps(begun), seats_in_use(nantes)) == (["placed"], 2)


def test_a_run_that_ends_early_gives_back_what_it_reserved_of_a_quota(account, operator, course, nantes):
    given_pack(account, seats=2)
    begun = begin(given_list(account, operator, rows_of(("ada@example.org", {"team": "Nantes"})), course))
    run_due_jobs(limit=1)
    assert seats_in_use(nantes) == 1

    remove_right = {"is_owner": False, "is_operator": False, "is_buyer": True}
    Membership.objects.filter(account=account, user=operator).update(**remove_right)
    run_due_jobs()

    assert PeopleList.objects.get(pk=begun.pk).state == "stopped"
    assert (seats_in_use(nantes), begun.rows.get().team) == (0, None)


def test_a_set_puts_people_into_teams_named_or_refuses_them(account, operator, course, nantes):
    first, second, third = given_pack(account, seats=3)
    lyon = Team.objects.create(account=account, name="Lyon")
    Seat.objects.filter(pk=second.pk).update(team=lyon)

    def wanted(seat, name, team_id):
        return SeatWanted(seat_id=seat.pk, course=course, person=typed(f"{name}@example.org"), team_id=team_id)

    with pytest.raises(RowsRefused) as refused:
        assign_seats(
            account=account,
            wanted=[
                wanted(first, "ada", nantes.pk),
                wanted(second, "bob", nantes.pk),
                wanted(third, "eve", 0x7FFFFFFF),
            ],
            operator=operator,
            language="en",
            now=NOW,
        )

    assert {index: type(each) for index, each in refused.value.rows.items()} == {1: SeatOfAnotherTeam, 2: TeamNotFound}


# --- Seats that serve some rows only ---


def test_a_row_with_one_possible_seat_does_not_lose_it_to_one_with_a_choice(account, operator):
    anywhere, only = CourseFactory(), CourseFactory()
    [both] = given_pack(account, course_list=f"{anywhere.short_name},{only.short_name}")
    [narrow] = given_pack(account, course_list=anywhere.short_name)
    rows = rows_of(
        ("ada@example.org", {"course": anywhere.short_name}), ("bob@example.org", {"course": only.short_name})
    )

    done = place(given_list(account, operator, rows))

    assert steps(done) == ["placed", "placed"]
    assert dict(Seat.objects.values_list("pk", "person__email")) == {
        both.pk: "bob@example.org", narrow.pk: "ada@example.org",
    }  # fmt: skip


def test_a_learner_who_could_have_the_tutors_seat_taken_leaves_a_blank_one_to_the_tutor(account, operator, course):
    session = given_session(course, account, learners=(UserFactory(email="gone@example.org"),), blanks=1)
    declared = Seat.objects.get(batch__group=session.group, role__code="student")
    release_seat(account=account, seat_id=declared.pk, actor=operator, now=NOW)
    rows = rows_of(("ada@example.org", {"role": "learner"}), ("tom@example.org", {"role": "tutor"}))

    assert verdicts(given_list(account, operator, rows, group=session.group)) == ["new", "new"]


def test_a_short_list_sees_the_seats_behind_those_it_cannot_use(account, operator, course, nantes):
    seats = given_pack(account, seats=4)
    Seat.objects.filter(pk__in=[seat.pk for seat in seats[:3]]).update(team=nantes)
    session = given_session(course, account, tutors=(UserFactory(email="gone@example.org"),), blanks=1)
    tutors = Seat.objects.get(batch__group=session.group, role__code="tutor")
    release_seat(account=account, seat_id=tutors.pk, actor=operator, now=NOW)

    assert verdicts(given_list(account, operator, people("ada@example.org"), course)) == ["new"]
    assert verdicts(given_list(account, operator, people("ada@example.org"), group=session.group)) == ["new"]
