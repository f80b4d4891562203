"""Discovery of handlers in their possible places, each in isolation from the others.

Three places: the folders ``std_*``, ``ext_*`` and ``specific/*`` of this package, the same in every folder named by
``HANDLER_DIRS``, and the entry points of the group ``amphi.handlers`` in installed packages. Any failure of a candidate
becomes a ``Problem`` and stops nothing else.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import cast

from django import forms
from django.utils.functional import Promise

from handlers.contract import Audience, Handler, ParametersForm
from handlers.faults import place_of
from handlers.folders import package_for
from handlers.guard import GuardedHandler

ENTRY_POINT_GROUP = "amphi.handlers"
LISTED_PREFIXES = ("std_", "ext_")
SPECIFIC = "specific"
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


@dataclass(frozen=True)
class Problem:
    """Handler that could not be used: its place, and the reason with file and line (for developers, in English).

    ``name`` is that of the handler, as ``std_x`` or ``specific/x``, "" where none can be told.
    """

    source: str
    message: str
    name: str = ""


@dataclass(frozen=True)
class Found:
    """Handler that works, ``specific`` or listed, with the folder of its package.

    The shop calls ``guarded``; ``handler`` itself is for looking at its package.
    """

    handler: Handler
    source: str
    folder: Path | None
    specific: bool = False

    @cached_property
    def guarded(self) -> Handler:
        # Everything that a handler has, the guarded one has.
        return cast("Handler", GuardedHandler(self.handler, specific=self.specific))


class Unusable(Exception):
    """Reason why a candidate is not a handler."""


def discover(directories: Sequence[Path], installed: Iterable[EntryPoint] | None = None) -> Iterator[Found | Problem]:
    """Yield every candidate of this package, then of ``directories``, then of installed packages, in that order."""
    here = Path(__file__).resolve().parent
    yield from _in_directory(here, __package__)
    for directory in directories:
        if not directory.is_dir():
            yield Problem(str(directory), "HANDLER_DIRS names a folder that does not exist.")
            continue
        yield from _in_directory(directory, package_for(directory))
    for point in entry_points(group=ENTRY_POINT_GROUP) if installed is None else installed:
        yield _from_entry_point(point)


def _in_directory(directory: Path, package: str) -> Iterator[Found | Problem]:
    for folder in _folders(directory):
        if folder.name.startswith(LISTED_PREFIXES):
            yield _from_folder(folder, package, specific=False)
    for folder in _folders(directory / SPECIFIC):
        yield _from_folder(folder, f"{package}.{SPECIFIC}", specific=True)


def _folders(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    return sorted(path for path in directory.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))


def _from_folder(folder: Path, package: str, *, specific: bool) -> Found | Problem:
    source = str(folder)
    try:
        if not _NAME.fullmatch(folder.name):
            raise Unusable("A handler's folder has lower-case letters, digits and underscores only.")
        module = importlib.import_module(f"{package}.{folder.name}.handler")
        handler = _instance(_class_in(module), folder.name)
    except (Exception, SystemExit) as error:  # an extension may fail in any way; the shop runs on
        return Problem(source, _describe(error, folder), f"{SPECIFIC}/{folder.name}" if specific else folder.name)
    return Found(handler, source, folder, specific)


def _from_entry_point(point: EntryPoint) -> Found | Problem:
    source = f"entry point {point.name} = {point.value}"
    try:
        if not point.name.startswith(LISTED_PREFIXES) or not _NAME.fullmatch(point.name):
            raise Unusable("The name of an installed handler begins with std_ or ext_.")
        loaded = point.load()
        handler_class = _class_in(loaded) if isinstance(loaded, ModuleType) else loaded
        handler = _instance(handler_class, point.name)
        file = getattr(sys.modules.get(handler_class.__module__), "__file__", None)
    except (Exception, SystemExit) as error:
        return Problem(source, _describe(error, _folder_of(point)), point.name)
    return Found(handler, source, Path(file).parent if file else None)


def _class_in(module: ModuleType) -> type[Handler]:
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Handler) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise Unusable(f"{module.__name__} defines {len(classes)} subclasses of Handler; it must define one.")
    return classes[0]


def _instance(handler_class: object, name: str) -> Handler:
    if not isinstance(handler_class, type) or not issubclass(handler_class, Handler):
        raise Unusable(f"{handler_class!r} is not a subclass of handlers.contract.Handler.")
    if handler_class.name != name:
        raise Unusable(f"The handler calls itself {handler_class.name!r}, but it is installed as {name!r}.")
    if not isinstance(handler_class.MerchantForm, type) or not issubclass(handler_class.MerchantForm, ParametersForm):
        raise Unusable("MerchantForm is not a subclass of handlers.contract.ParametersForm.")
    unit_form = handler_class.UnitForm
    if unit_form is not None and not (isinstance(unit_form, type) and issubclass(unit_form, forms.Form)):
        raise Unusable("UnitForm is neither None nor a subclass of django.forms.Form.")
    if not isinstance(handler_class.version, int) or handler_class.version < 1:
        raise Unusable("version is not a whole number from 1.")
    if not handler_class.label:
        raise Unusable("label is empty; it is what the merchant chooses by.")
    for text in ("label", "summary"):
        if not isinstance(getattr(handler_class, text), str | Promise):
            raise Unusable(f"{text} is no text.")
    if not isinstance(handler_class.units_may_be_blank, bool):
        raise Unusable("units_may_be_blank is neither True nor False.")
    if not isinstance(handler_class.audience, Audience):
        raise Unusable("audience is not one of handlers.contract.Audience.")
    most = handler_class.max_quantity
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise Unusable("max_quantity is neither None nor a whole number from 1.")
    return handler_class()


def _describe(error: BaseException, folder: Path) -> str:
    """Return the reason; with the line reached last in ``folder``, unless the reason is one of our own."""
    if isinstance(error, Unusable):
        return str(error)
    file, line = place_of(error.__traceback__, folder)
    said = error.msg if isinstance(error, SyntaxError) else error
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno or 0
    return f"{type(error).__name__}: {said} ({file}, line {line})"


def _folder_of(point: EntryPoint) -> Path:
    """Return the folder of an installed package, without importing it; any folder where it cannot be found."""
    package = sys.modules.get(point.module.rpartition(".")[0] or point.module)
    file = getattr(package, "__file__", None)
    return Path(file).parent if file else Path("/nowhere/at/all")
