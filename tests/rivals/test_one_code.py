"""Two post the same code of an authenticator app at the same moment: it lets one in."""

from accounts.sign_in.second_factor import codes
from accounts.sign_in.second_factor.codes import use_code
from tests.accounts.sign_in.proofs import code_of, give_app
from tests.factories.accounts import UserFactory
from tests.rivals.processes import errors_among, race

# All have sent the code; looking at what was used comes next.
ABOUT_TO_LOOK = [(codes, "_uses_up")]


def both(app, code):
    return [lambda: use_code(user=app.user, code=code) is not None] * 2


def test_a_code_lets_one_of_two_in():
    app = give_app(UserFactory())

    answers = race(*both(app, code_of(app)), before=ABOUT_TO_LOOK)

    assert errors_among(answers) == []
    assert sorted(answer.value for answer in answers) == [False, True]


def without_the_lock():
    """Take the lock away: look at all rows as they are."""
    queryset = codes.Authenticator.objects.get_queryset().__class__
    queryset.select_for_update = lambda self, **how: self.all()


def test_control_without_the_lock_it_lets_both_in():
    app, code = give_app(UserFactory()), None
    code = code_of(app)

    def enter():
        without_the_lock()
        return use_code(user=app.user, code=code) is not None

    answers = race(enter, enter, before=ABOUT_TO_LOOK)

    assert [answer.value for answer in answers] == [True, True]
