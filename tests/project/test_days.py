"""Days are taken in the shop's zone: moments are kept in UTC, where a day begins an hour or two late.

A walk over the sources finds where a day, a month or a year is taken of a moment that was not brought into the zone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from common.floors import FLOORS
from tests.servers import PROJECT

# Functions whose value says a day or an hour in a zone that was chosen.
CHOSEN_ZONE = {"in_shop_zone", "_in_shop_zone", "localtime", "astimezone", "localdate", "local_day"}
# Names that moments bear here; days are `_on`, `day` and `today`.
MOMENT = re.compile(r"(.*_)?(at|now|moment|before|since)")
OF_A_MOMENT = {"year", "month", "day", "weekday", "isoweekday", "isocalendar", "timetuple", "toordinal"}
# The machine's own clock.
NOW_OF_THE_MACHINE = {"date.today", "datetime.today", "datetime.utcnow", "date.fromtimestamp"}
A_DAY_IN_A_FORMAT = re.compile(r"%[YymdjHaAbB]")
# Of SQL: the day of a moment in the zone of the connection, which is UTC.
A_DAY_IN_SQL = re.compile(r"\bCURRENT_DATE\b|(?:\bnow\(\)|_at|\bat)\s*\)?::date", re.IGNORECASE)

# Keys and texts for machines, whose hour may be of any zone.
ALLOWED = {
    ("accounts/security_log/alarms.py", "now:%Y%m%d%H%M%S"),
    ("accounts/security_log/services.py", "now:%Y%m%d%H"),
    ("accounts/people/admin.py", "now:%Y%m%d%H%M"),
    ("shop/payments/transfers_back/sepa.py", "at.strftime"),  # with the letter of UTC
    ("handlers/parameter_fields.py", "_parsed(text, written).date"),  # typed without a zone
    ("handlers/testing/periods.py", "datetime.datetime.now(datetime.UTC).year"),  # a year for examples
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield the path and the tree of each module but for migrations, which say what was, and for stand-ins, which write
    as the services do."""
    for floor in FLOORS:
        for path in sorted((PROJECT / floor).rglob("*.py")):
            if not {"migrations", "stand_ins"} & {*path.parts}:
                yield str(path.relative_to(PROJECT)), ast.parse(path.read_text())


def called(node: ast.expr) -> str:
    """Return the name of the function that a call calls, "" for anything else."""
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def in_a_zone(tree: ast.AST) -> set[str]:
    """Return the names that are given a value in a zone that was chosen."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and called(node.value) in CHOSEN_ZONE
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def is_moment(node: ast.expr) -> bool:
    """Tell whether an expression is a moment by its name, or is the time now."""
    if isinstance(node, ast.BinOp):
        return is_moment(node.left)
    if isinstance(node, ast.BoolOp):
        return any(is_moment(each) for each in node.values)
    name = getattr(node, "attr", getattr(node, "id", called(node)))
    return MOMENT.fullmatch(name) is not None


def days_taken(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and expression wherever a day is taken of a moment in no chosen zone."""
    local = in_a_zone(tree)

    def is_local(node: ast.expr) -> bool:
        return called(node) in CHOSEN_ZONE or (isinstance(node, ast.Name) and node.id in local)

    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="date", value=value) as function, args=[]) if not is_local(value):
                yield node.lineno, ast.unparse(function)
            case ast.Call(func=ast.Attribute() as function) if ast.unparse(function) in NOW_OF_THE_MACHINE:
                yield node.lineno, ast.unparse(function)
            case ast.Call(func=ast.Attribute(attr="strftime", value=value) as function) if is_moment(
                value
            ) and not is_local(value):
                yield node.lineno, ast.unparse(function)
            case ast.Call(args=[value, *_]) if called(node) in ("date_format", "time_format") and is_moment(value):
                yield node.lineno, ast.unparse(node)
            case ast.Attribute(attr=attr, value=value) if attr in OF_A_MOMENT and is_moment(value):
                if not is_local(value):
                    yield node.lineno, ast.unparse(node)
            case ast.FormattedValue(value=value, format_spec=ast.JoinedStr(values=[ast.Constant(value=spec)])):
                if A_DAY_IN_A_FORMAT.search(spec) and is_moment(value) and not is_local(value):
                    yield node.lineno, f"{ast.unparse(value)}:{spec}"
            case ast.Constant(value=str(text)) if found := A_DAY_IN_SQL.search(text):
                yield node.lineno, found[0]


def test_no_day_is_taken_of_a_moment_in_utc():
    found = {(path, text): line for path, tree in sources() for line, text in days_taken(tree)}

    wrong = [f"{path}:{line}: {text}" for (path, text), line in found.items() if (path, text) not in ALLOWED]
    assert wrong == []
    assert ALLOWED - found.keys() == set()


@pytest.mark.parametrize(
    "planted",
    [
        "day = order.paid_at.date()",
        "day = (now - timedelta(days=1)).date()",
        "day = timezone.now().date()",
        "day = date.today()",
        "year = now.year",
        "year = timezone.now().year",
        "week = self.sent_at.isocalendar()",
        "name = f'{self.at:%Y-%m-%d}'",
        "told = date_format(order.placed_at, 'DATE_FORMAT')",
        "told = date_format(course.last_day or now)",
        "told = begun_at.strftime('%d')",
        "sql = 'SELECT paid_at::date FROM shop_order'",
        "sql = 'SELECT CURRENT_DATE'",
    ],
)
def test_each_way_is_found(planted):
    assert list(days_taken(ast.parse(planted)))


@pytest.mark.parametrize(
    "right",
    [
        "day = in_shop_zone(order.paid_at).date()",
        "local = timezone.localtime(now)\nday, year = local.date(), local.year",
        "day = timezone.localdate(now)",
        "told = date_format(local_day(now))",
        "told = f'{in_shop_zone(self.at):%Y-%m-%d}'",
        "day = part.due_on.year",
        "sql = 'SELECT (paid_at AT TIME ZONE %s)::date'",
    ],
)
def test_what_is_right_is_left_alone(right):
    assert not list(days_taken(ast.parse(right)))
