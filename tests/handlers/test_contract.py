"""Every installed handler keeps the contract; and the rules notice a handler that does not."""

import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.courses.services import find_course
from enrolments.grounds.enrol import NewGround, add_grounds
from enrolments.grounds.models import Ground
from enrolments.values import Period
from handlers import registry
from handlers.contract import Feedback, Handler, ParametersForm, Sold, in_words
from handlers.parameter_fields import TextField
from handlers.testing import RULES, Case, example_of, rule_name
from handlers.testing import rules as suite
from tests.factories.accounts import UserFactory
from tests.factories.enrolments import CourseFactory
from tests.handlers.eager_texts import Eager

INSTALLED = [(found.handler.name, found.specific) for found in registry.installed()]


@pytest.mark.django_db
@pytest.mark.parametrize("rule", RULES, ids=rule_name)
@pytest.mark.parametrize(("name", "specific"), INSTALLED)
def test_the_contract_is_kept(name, specific, rule):
    rule(example_of(name, specific=specific))


class Double(Handler):
    """Smallest handler: texts and nothing else."""

    name = "ext_double"
    label = "Double"

    class MerchantForm(ParametersForm):
        note = TextField(label="Note")

    def post_payment(self, line):
        return Feedback(_("Paid"), _("Paid"), _("Paid"))


@pytest.mark.django_db
@pytest.mark.parametrize("rule", RULES, ids=rule_name)
@pytest.mark.parametrize("specific", [False, True])
def test_the_smallest_handler_keeps_the_contract_listed_or_specific(rule, specific):
    with registry.temporary(Double, specific=specific) as handler:
        rule(Case(handler=handler, typed={"note": "50 % of it = half & more"}))


def test_a_handler_without_example_is_told_what_it_lacks():
    with registry.temporary(Double), pytest.raises(AssertionError, match="example"):
        example_of("ext_double")
    with pytest.raises(AssertionError, match="HANDLER_DIRS"):
        example_of("ext_nowhere")


def prepare():
    CourseFactory(short_name="SEC-01")


def broken(**methods):
    """Return the case of the smallest handler, with some methods that break a rule."""
    handler = type("Broken", (Double,), methods)()
    return Case(handler=handler, typed={"note": "x"}, prepare=prepare)


def enrol(user, line, *, line_id=None):
    course, role = find_course("SEC-01"), Role.objects.get(code="student")
    ground = NewGround(
        user_id=user.pk, role_id=role.pk, kind=Ground.Kind.LINE, period=Period(line.now), account_id=line.account.pk,
        order_id=line.order_id, line_id=line_id or line.line_id, unit_index=line.units[0].index,
    )  # fmt: skip
    add_grounds(course=course, grounds=[ground], now=line.now)


def delivers_again_and_again(self, line):
    User.objects.create_user(f"person-{User.objects.count()}@example.org")
    return Feedback(public="Done", customer="Done", sales="Done")


def one_statement_per_unit(self, line):
    for unit in line.units:
        User.objects.filter(pk=unit.index).exists()
    return Feedback(public="Done", customer="Done", sales="Done")


def swallows_errors(self, line):
    try:
        list(User.objects.all())
        UserFactory()
    except Exception:
        return Feedback()
    return Feedback()


def looks_a_name_up(self, line):
    socket.getaddrinfo("example.org", 443)


def enrols_for_ever(self, line):
    enrol(line.operator or UserFactory(), line)
    return Feedback(public="Done", customer="Done", sales="Done")


def writes_a_file(self, line):
    (Path(tempfile.gettempdir()) / "amphi-of-a-handler").write_text("done")


def starts_a_program(self, line):
    subprocess.run(["true"], check=True)


def makes_a_person_per_unit(self, line):
    for unit in line.units:
        email = f"unit-{line.line_id}-{unit.index}@example.org"
        if not User.objects.filter(email=email).exists():
            User.objects.create_user(email)
    return Feedback(public="Done", customer="Done", sales="Done")


def removes_all_of_the_line(self, line, units, reason):
    User.objects.filter(email__startswith=f"unit-{line.line_id}-").delete()
    return Feedback()


def removes_those_of_all_lines(self, line, units, reason):
    User.objects.filter(email__startswith="unit-").delete()
    return Feedback()


class NameForm(forms.Form):
    name = forms.CharField(label="Name")


def tells_the_names(self, line):
    names = ", ".join(unit.answers["name"] for unit in line.units)
    return Feedback(public="Done", customer="Done", sales=f"For {names}")


def tells_who_is_known(self, line):
    known = User.objects.filter(email=line.contact_email).exists()
    return Feedback(public=in_words(lambda: "Welcome back" if known else "Welcome"))


class LossyField(TextField):
    def to_string(self, stored):
        return stored[:3]


class LossyForm(ParametersForm):
    note = LossyField(label="Note")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "case"),
    [
        (suite.a_second_run_changes_nothing, broken(post_payment=delivers_again_and_again)),
        (
            suite.the_number_of_statements_does_not_depend_on_the_number_of_units,
            broken(post_payment=one_statement_per_unit),
        ),
        (
            suite.a_failure_at_any_statement_is_passed_on_and_leaves_nothing,
            broken(post_payment=swallows_errors),
        ),
        (suite.no_hook_reaches_the_network, broken(pre_payment=looks_a_name_up)),
        (suite.giving_all_units_back_undoes_the_delivery, broken(post_payment=enrols_for_ever)),
        (suite.what_the_public_reads_does_not_depend_on_who_is_known, broken(post_payment=tells_who_is_known)),
        (suite.feedback_is_there_for_every_audience_in_every_language, broken(post_payment=tells_who_is_known)),
        (
            suite.what_is_said_names_nobody,
            Case(
                handler=type("Naming", (Double,), {"UnitForm": NameForm, "post_payment": tells_the_names})(),
                typed={"note": "x"},
                answers=lambda count: [{"name": f"Marie {n}"} for n in range(count)],
            ),
        ),
        (suite.no_hook_writes_a_file_or_starts_a_program, broken(pre_payment=writes_a_file)),
        (suite.no_hook_writes_a_file_or_starts_a_program, broken(pre_payment=starts_a_program)),
        (suite.giving_units_back_undoes_those_and_no_others, broken(post_payment=enrols_for_ever)),
        (
            suite.giving_units_back_undoes_those_and_no_others,
            broken(post_payment=makes_a_person_per_unit, revoke=removes_all_of_the_line),
        ),
        (
            suite.giving_a_line_back_leaves_other_orders_as_they_are,
            broken(post_payment=makes_a_person_per_unit, revoke=removes_those_of_all_lines),
        ),
        (suite.texts_are_translated_when_they_are_read, Case(handler=Eager())),
        (suite.at_least_one_unit_is_charged, broken(charged_units=lambda self, params, units: 0)),
        (
            suite.what_is_sold_is_said_without_asking_the_database,
            broken(sold=lambda self, params: Sold(courses=[course.short_name for course in Course.objects.all()])),
        ),
        (suite.it_is_offered_to_somebody_who_has_nothing_yet, broken(is_offered_to=lambda *_args, now: False)),
        (suite.parameters_of_an_older_version_are_kept, broken(upgrade=lambda self, params, version: {})),
        (suite.the_case_sets_every_parameter, Case(handler=Double())),
        (
            suite.parameters_survive_the_string,
            Case(handler=type("Lossy", (Double,), {"MerchantForm": LossyForm})(), typed={"note": "longer"}),
        ),
    ],
    ids=lambda value: rule_name(value) if callable(value) else "",
)
def test_a_rule_notices_a_handler_that_breaks_it(rule, case):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        rule(case)
