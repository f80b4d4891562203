"""Faults: mutmut's operators, and three of our own for statements, conditions and SQL.

mutmut's own runner changes functions without a decorator only, and services carry `@transaction.atomic`; so its
operators are used and nothing else of it.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.mutation.mutators import mutation_operators

# Calls whose arguments are texts for people or for the log, whose wording is not tested here.
WORDS = frozenset({"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "format_lazy"})
LOGS = frozenset({"debug", "info", "warning", "error", "exception", "log"})
# Arguments whose change does no harm: `strict` can only raise, `no_key` and `of` lock more than is needed, the others
# are for speed. Calls likewise: reading related rows along saves queries, which have budgets of their own.
IDLE_ARGUMENTS = frozenset({"strict", "no_key", "of", "batch_size", "savepoint", "frozen", "slots", "kw_only"})
TYPES = frozenset({"Callable", "Mapping", "Sequence", "dict", "list", "tuple"})
IDLE_CALLS = frozenset({"select_related", "prefetch_related", "TypeVar"})
SQL = re.compile(r"\b(SELECT|UPDATE|INSERT INTO|DELETE FROM)\b")
SQL_SWAPS = (
    (r"\bAND\b", "OR"), (r"\bOR\b", "AND"), (r"\bIS NULL\b", "IS NOT NULL"), (r"\bIS NOT NULL\b", "IS NULL"),
    (r"(?<![<>=-])<(?![=>])", "<="), (r"<=", "<"), (r"(?<![<>=-])>(?!=)", ">="), (r">=", ">"), (r"\bmin\(", "max("),
    (r"\bmax\(", "min("), (r"\bDISTINCT ", ""), (r"\bNOT IN\b", "IN"), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"\bON CONFLICT DO NOTHING\b", ""), (r"\bFOR KEY SHARE\b", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """Change of one module: from `line` on, the lines `was` became others.

    `lines` are those whose execution means that a test has met the fault: none for a statement run when the module is
    imported, where `names` are the names that the statement defines.
    """

    path: str
    line: int
    was: str
    became: str
    lines: tuple[int, ...]
    names: tuple[str, ...]
    inside: str


Edit = tuple[cst.CSTNode, cst.CSTNode]


def draw(texts: dict[str, str], *, size: int, seed: int) -> list[Fault]:
    """Draw faults from modules, given as texts by path: at most one on a line, every line alike.

    A larger draw by the same seed begins with the smaller one. A line's chance comes of the seed and its own text, so a
    change of the shop changes little of the sample.
    """
    places = [place for path, text in sorted(texts.items()) for place in _places(_Module(path, text), seed)]
    drawn: list[Fault] = []
    for lot, module, edits in sorted(places, key=lambda place: place[0]):
        if len(drawn) == size:
            break
        random.Random(lot).shuffle(edits)
        fault = next((fault for number in edits if (fault := module.fault(number)) is not None), None)
        if fault is not None:
            drawn.append(fault)
    return drawn


def _places(module: _Module, seed: int) -> Iterator[tuple[bytes, _Module, list[int]]]:
    """Yield the lot of each line that can be changed, the module, and the line's edits."""
    lines, seen = module.text.split("\n"), Counter[str]()
    for line, edits in sorted(module.edits_by_line().items()):
        text = lines[line - 1].strip()
        lot = hashlib.sha256(f"{seed}\0{module.path}\0{text}\0{seen[text]}".encode()).digest()
        seen[text] += 1
        yield lot, module, edits


def all_faults(path: str, text: str) -> Iterator[Fault]:
    """Yield every fault that one module can be given."""
    module = _Module(path, text)
    for number in range(len(module.edits)):
        fault = module.fault(number)
        if fault is not None:
            yield fault


def apply(fault: Fault, text: str) -> str:
    """Return the module's text with the fault planted. Raise ValueError when the module has changed meanwhile."""
    if text.count(fault.was) == 0 or not _lines_from(text, fault.line).startswith(fault.was):
        raise ValueError(f"{fault.path}:{fault.line} is not as it was.")
    before = "\n".join(text.split("\n")[: fault.line - 1])
    after = _lines_from(text, fault.line)[len(fault.was) :]
    return (before + "\n" if before else "") + fault.became + after


def _lines_from(text: str, line: int) -> str:
    return "\n".join(text.split("\n")[line - 1 :])


class _Module:
    """Parsed module with its possible edits, numbered in the order in which they stand."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        self.tree = wrapper.module
        self.positions = wrapper.resolve(PositionProvider)
        self.parents = wrapper.resolve(ParentNodeProvider)
        finder = _Finder(self.parents)
        self.tree.visit(finder)
        self.edits = finder.edits

    def edits_by_line(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number, (node, _new) in enumerate(self.edits):
            found.setdefault(self._range(node).start.line, []).append(number)
        return found

    def fault(self, number: int) -> Fault | None:
        """Return the fault of an edit, or None when the edit changes nothing or breaks the syntax."""
        node, new = self.edits[number]
        changed = self.tree.deep_replace(node, new).code  # type: ignore[attr-defined]
        if changed == self.text:
            return None
        try:
            compile(changed, self.path, "exec", dont_inherit=True)
        except SyntaxError:
            return None
        first, was, became = _difference(self.text, changed)
        lines, names, inside = self._met_by(node)
        return Fault(self.path, first, was, became, lines, names, inside)

    def _range(self, node: cst.CSTNode) -> CodeRange:
        while node not in self.positions:
            node = self.parents[node]
        return self.positions[node]

    def _met_by(self, node: cst.CSTNode) -> tuple[tuple[int, ...], tuple[str, ...], str]:
        """Return the lines of the changed statement, or the names it defines at import; and its function or class."""
        statement: cst.CSTNode | None = None
        function: cst.FunctionDef | None = None
        scopes: list[str] = []
        top = node
        for each in self._upwards(node):
            if statement is None and isinstance(each, cst.BaseStatement | cst.BaseSmallStatement):
                statement = each
            if isinstance(each, cst.FunctionDef | cst.ClassDef):
                scopes.append(each.name.value)
                if isinstance(each, cst.FunctionDef):
                    function = each
            if isinstance(each, cst.BaseStatement):
                top = each
        inside = ".".join(reversed(scopes))
        if function is None:
            return (), tuple(_defined(top)), inside
        if statement is function or statement is None:  # a default value, or a decorator
            return self._body(function), (), inside
        whole = self._range(statement)
        last = whole.end.line
        if isinstance(statement, cst.BaseCompoundStatement) and isinstance(statement.body, cst.IndentedBlock):
            last = max(whole.start.line, self._range(statement.body.body[0]).start.line - 1)
        return tuple(range(whole.start.line, last + 1)), (), inside

    def _upwards(self, node: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
        while node is not None:
            yield node
            node = self.parents.get(node)

    def _body(self, function: cst.FunctionDef) -> tuple[int, ...]:
        whole = self._range(function.body)
        return tuple(range(whole.start.line, whole.end.line + 1))


class _Finder(cst.CSTVisitor):
    """Collector of edits, annotations, docstrings, texts and log lines left out, which no test is to notice."""

    def __init__(self, parents: dict[cst.CSTNode, cst.CSTNode]) -> None:
        super().__init__()
        self.parents = parents
        self.edits: list[Edit] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_idle(node) or (isinstance(node, cst.BaseString) and isinstance(self._above(node, 2), cst.Raise)):
            return False
        for kind, operator in _OPERATORS:
            if isinstance(node, kind):
                self.edits += [(node, new) for new in operator(node) if not self._is_idle_edit(node, new)]
        return True

    def _above(self, node: cst.CSTNode, steps: int) -> cst.CSTNode | None:
        """Return the node so many calls and arguments further out."""
        above: cst.CSTNode | None = node
        for _step in range(steps):
            above = self.parents.get(above) if above is not None else None
            if isinstance(above, cst.Arg):
                above = self.parents.get(above)
        return above

    def _is_idle_edit(self, node: cst.CSTNode, new: cst.CSTNode) -> bool:
        """Tell whether an edit changes texts only, speed only, one empty value for another, or a text's case.

        A change of case teaches nothing that another change of the text does not.
        """
        if isinstance(node, cst.SimpleString) and isinstance(new, cst.SimpleString):
            return node.value.lower() == new.value.lower()
        if isinstance(node, cst.Call) and isinstance(new, cst.Call):
            kept = {id(each) for each in new.args}
            gone = [each for each in node.args if id(each) not in kept]
            is_raised = isinstance(self.parents.get(node), cst.Raise)
            return bool(gone) and all(
                (each.keyword is not None and each.keyword.value in IDLE_ARGUMENTS)
                or _is_words(each.value)
                or (is_raised and _is_text(each.value))
                or (len(kept) == len(node.args) - len(gone) + 1 and _is_empty(each.value))
                for each in gone
            )
        if isinstance(node, cst.Assign | cst.AnnAssign) and node.value is not None:
            return _is_words(node.value) or _is_empty(node.value)
        return False


def _is_idle(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom | cst.Assert | cst.TypeAlias):
        return True
    if isinstance(node, cst.Expr):
        return isinstance(node.value, cst.BaseString | cst.Ellipsis)
    if isinstance(node, cst.Arg):
        return node.keyword is not None and node.keyword.value in IDLE_ARGUMENTS
    if isinstance(node, cst.If):
        return isinstance(node.test, cst.Name) and node.test.value == "TYPE_CHECKING"
    if isinstance(node, cst.Assign):
        first = node.targets[0].target
        is_name = isinstance(first, cst.Name) and first.value in ("__all__", "logger", "job_log")
        return is_name or _is_type(node.value)
    return isinstance(node, cst.Call) and (_called(node) in WORDS | IDLE_CALLS or _is_log(node))


def _is_type(value: cst.BaseExpression) -> bool:
    """Whether a value is a type given a name, which only annotations read."""
    return isinstance(value, cst.Subscript) and isinstance(value.value, cst.Name) and value.value.value in TYPES


def _called(call: cst.Call) -> str:
    """Return the name of the called function or method, without its object."""
    func = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    return func.value if isinstance(func, cst.Name) else ""


def _is_log(call: cst.Call) -> bool:
    func = call.func
    holder = func.value if isinstance(func, cst.Attribute) else None
    return isinstance(holder, cst.Name) and holder.value in ("logger", "job_log") and _called(call) in LOGS


def _is_words(value: cst.BaseExpression) -> bool:
    """Tell whether a value is a text for people."""
    if isinstance(value, cst.BinaryOperation):
        return _is_words(value.left)
    return isinstance(value, cst.Call) and _called(value) in WORDS


def _is_text(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.BaseString) or _is_words(value)


def _is_empty(value: cst.BaseExpression) -> bool:
    if isinstance(value, cst.Tuple | cst.List | cst.Dict):
        return not value.elements
    is_empty_text = isinstance(value, cst.SimpleString) and value.raw_value == ""
    return is_empty_text or (isinstance(value, cst.Name) and value.value in ("False", "None"))


def _call_left_out(node: cst.Expr) -> Iterable[cst.CSTNode]:
    """Leave out a line that is a call."""
    call = node.value
    if (
        isinstance(call, cst.Call)
        and not _is_idle(call)
        and not (call.args and all(_is_words(a.value) for a in call.args))
    ):
        yield node.with_changes(value=cst.Ellipsis())


def _condition_turned(node: cst.If | cst.While) -> Iterable[cst.CSTNode]:
    """Negate a condition."""
    turned = cst.UnaryOperation(cst.Not(), node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))
    if not isinstance(node.test, cst.UnaryOperation | cst.NamedExpr):
        yield node.with_changes(test=turned)


def _sql_loosened(node: cst.SimpleString) -> Iterable[cst.CSTNode]:
    """Replace one word of an SQL statement."""
    if SQL.search(node.value):
        for pattern, word in SQL_SWAPS:
            for found in re.finditer(pattern, node.value):
                yield node.with_changes(value=node.value[: found.start()] + word + node.value[found.end() :])


_OPERATORS: Sequence[tuple[type, Callable[[object], Iterable[cst.CSTNode]]]] = (
    *mutation_operators,
    (cst.Expr, _call_left_out),
    (cst.If, _condition_turned),
    (cst.While, _condition_turned),
    (cst.SimpleString, _sql_loosened),
)  # type: ignore[assignment]


def _defined(statement: cst.CSTNode) -> list[str]:
    """Return the names that a statement at the top of a module defines."""
    if isinstance(statement, cst.ClassDef | cst.FunctionDef):
        return [statement.name.value]
    if isinstance(statement, cst.SimpleStatementLine):
        targets: list[cst.BaseExpression] = []
        for small in statement.body:
            if isinstance(small, cst.Assign):
                targets += [each.target for each in small.targets]
            elif isinstance(small, cst.AnnAssign):
                targets.append(small.target)
        return [target.value for target in targets if isinstance(target, cst.Name)]
    return []


def _difference(one: str, other: str) -> tuple[int, str, str]:
    """Return the first line that differs, and the lines of both texts from there to where they are equal again."""
    ours, theirs = one.split("\n"), other.split("\n")
    first = next(index for index, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1])  # noqa: B905
    same = 0
    while same < min(len(ours), len(theirs)) - first - 1 and ours[-1 - same] == theirs[-1 - same]:
        same += 1
    return first + 1, "\n".join(ours[first : len(ours) - same]), "\n".join(theirs[first : len(theirs) - same])
