"""At the same moment: fifty people with one link for ten seats; two with one printed code; a link withdrawn."""

from collections import Counter

from accounts.teams.models import Team
from enrolments.joining import join as join_module
from enrolments.joining import make as make_module
from enrolments.joining.make import revoke_code, revoke_link
from enrolments.joining.models import JoinCode, JoinUse
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from enrolments.teams import quota
from tests.enrolments.given import NOW, given_pack
from tests.enrolments.joining.given import code, given_link, joins, token
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, deadlocks_among, errors_among, race, values_among

LOOKED = [(join_module, "refuse_closed")]
QUOTA_COUNTED = [(quota, "_beyond_quota")]
CODE_LOOKED = [(make_module, "_refuse_taken")]


def joining(shown, number):
    return lambda: joins(shown, f"p{number}@example.org").is_used


def test_fifty_people_with_one_link_take_ten_seats_exactly(trial):
    account = CustomerAccountFactory()
    batch = given_pack(account, seats=20)[0].batch
    link = given_link(batch, UserFactory(), course=CourseFactory(), places=10)

    answers = race(*(joining(token(link), number) for number in range(50)), limit=240)

    assert values_among(answers) == [True] * 10
    assert Counter(errors_among(answers)) == {"JoinLinkUsedUp": 40}
    assert deadlocks_among(answers) == 0
    assert Seat.objects.filter(state="assigned").count() == JoinUse.objects.count() == 10
    assert SeatEvent.objects.filter(to_state="assigned").count() == 10
    trial.note("people with one join link for ten seats", 50)


def two_for_the_last_place(**how):
    batch = given_pack(CustomerAccountFactory(), seats=5)[0].batch
    link = given_link(batch, UserFactory(), course=CourseFactory(), places=1)
    return race(*(Rival(joining(token(link), number), after=LOOKED) for number in range(2)), **how)


def without_the_lock_of_the_link():
    join_module._locked = lambda entrance: entrance


def without_lock_and_number():
    without_the_lock_of_the_link()
    join_module._record = lambda entrance, assignment, now: JoinUse.objects.create(
        link=entrance.link, number=assignment.seat.pk, seat=assignment.seat, person=assignment.user, used_at=now
    )


def test_of_two_for_the_last_place_one_gets_it():
    answers = two_for_the_last_place()

    assert (values_among(answers), errors_among(answers)) == ([True], ["JoinLinkUsedUp"])
    assert JoinUse.objects.count() == 1


def test_control_without_the_lock_both_are_let_in():
    answers = two_for_the_last_place(without=without_lock_and_number)

    assert values_among(answers) == [True, True]
    assert JoinUse.objects.count() == 2


def test_control_without_the_lock_the_constraint_is_left_for_one_code():
    batch = given_pack(CustomerAccountFactory(), seats=5)[0].batch
    link = given_link(batch, UserFactory(), course=CourseFactory(), places=2, has_codes=True)
    rivals = [Rival(joining(code(link, 1), number), after=LOOKED) for number in range(2)]

    answers = race(*rivals, without=without_the_lock_of_the_link)

    assert errors_among(answers) == ["IntegrityError"]
    assert "enrolments_joinuse_once" in {answer.constraint for answer in answers}
    assert Seat.objects.filter(state="assigned").count() == 1


def test_of_two_with_one_code_one_gets_a_seat(trial):
    batch = given_pack(CustomerAccountFactory(), seats=5)[0].batch
    link = given_link(batch, UserFactory(), course=CourseFactory(), places=2, has_codes=True)

    answers = race(*(Rival(joining(code(link, 1), number), after=LOOKED) for number in range(2)))

    assert (values_among(answers), errors_among(answers)) == ([True], ["JoinCodeUsed"])
    assert Seat.objects.filter(state="assigned").count() == 1
    trial.note("people with one printed code", 2)


def test_a_link_withdrawn_meanwhile_lets_in_who_came_first_and_nobody_after():
    bob = UserFactory()
    batch = given_pack(CustomerAccountFactory(), seats=2)[0].batch
    link = given_link(batch, bob, course=CourseFactory(), places=2)

    joined, withdrawn = race(
        Rival(joining(token(link), 1), after=LOOKED),
        lambda: revoke_link(link=link, actor=bob, now=NOW),
        in_turn=True,
    )

    assert (joined.value, withdrawn.value, withdrawn.kept_away) == (True, True, True)
    assert JoinUse.objects.count() == 1


def a_code_withdrawn_while_it_is_used(**how):
    bob = UserFactory()
    batch = given_pack(CustomerAccountFactory(), seats=2)[0].batch
    link = given_link(batch, bob, course=CourseFactory(), places=2, has_codes=True)
    return race(
        Rival(lambda: revoke_code(link=link, number=1, actor=bob, now=NOW), after=CODE_LOOKED),
        Rival(joining(code(link, 1), 1), after=LOOKED),
        **how,
    )


def test_of_a_code_used_and_withdrawn_at_once_one_is_so(trial):
    answers = a_code_withdrawn_while_it_is_used()

    assert len(values_among(answers)) == 1
    assert errors_among(answers) in (["JoinLinkWithdrawn"], ["JoinCodeTaken"])
    used = JoinUse.objects.count()
    assert used == 1 - JoinCode.objects.filter(revoked_at__isnull=False).count()
    assert Seat.objects.filter(state="assigned").count() == used
    trial.note("a printed code used and withdrawn", 2)


def test_control_without_the_lock_a_withdrawn_code_is_used():
    answers = a_code_withdrawn_while_it_is_used(without=without_the_lock_of_the_link)

    assert values_among(answers) == [True, True]


def test_people_of_two_links_into_two_courses_over_the_same_seats_each_get_one(trial):
    batch = given_pack(CustomerAccountFactory(), seats=6)[0].batch
    bob = UserFactory()
    links = [given_link(batch, bob, course=CourseFactory(), places=3) for _number in range(2)]

    answers = race(*(joining(token(links[number % 2]), number) for number in range(6)))

    assert values_among(answers) == [True] * 6
    assert Seat.objects.filter(state="assigned").count() == 6
    trial.note("people with two join links over the same seats", 6)


def two_for_the_last_seat_of_a_team(**how):
    """Two people with two links of a team that may use one seat more."""
    account, bob = CustomerAccountFactory(), UserFactory()
    nantes = Team.objects.create(account=account, name="Nantes", quota=1)
    batches = [given_pack(account, seats=2)[0].batch for _each in range(2)]
    links = [given_link(batch, bob, course=CourseFactory(), places=2, team=nantes) for batch in batches]
    rivals = [Rival(joining(token(link), number), before=QUOTA_COUNTED) for number, link in enumerate(links)]
    return race(*rivals, **how)


def without_the_lock_of_the_team():
    quota.lock_teams = lambda account, team_ids: {team.pk: team for team in Team.objects.filter(pk__in=team_ids)}


def test_of_two_for_the_last_seat_of_a_team_one_gets_it(trial):
    answers = two_for_the_last_seat_of_a_team()

    assert (values_among(answers), errors_among(answers)) == ([True], ["JoinLinkUsedUp"])
    assert Seat.objects.filter(state="assigned").count() == 1
    trial.note("people with links of a team for its last seat", 2)


def test_control_without_the_lock_of_the_team_both_get_one():
    answers = two_for_the_last_seat_of_a_team(without=without_the_lock_of_the_team)

    assert values_among(answers) == [True, True]
    assert Seat.objects.filter(state="assigned").count() == 2
