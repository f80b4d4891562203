"""Registry of the handlers, by name. It hands out guarded ones only (``handlers.guard``).

Handlers are discovered once, when first asked for. Listed ones (standard and extensions) can be chosen for any entry; a
specific one is found by the code of its entry alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from django.conf import settings
from django.utils.translation import gettext as _

from common.registry import Registry
from handlers.contract import Handler, HandlerMissing, in_words
from handlers.discovery import SPECIFIC, Found, Problem, discover

# Spellings found in the strings of older shops.
ALIASES = {
    "std_setuponecoursession": "std_setuponecoursesession",
    "std_enrolonecourse": "std_enroloncourse",
}


@dataclass
class _Handlers:
    listed: Registry[Found] = field(default_factory=lambda: Registry("handler"))
    specific: Registry[Found] = field(default_factory=lambda: Registry("specific handler"))
    problems: list[Problem] = field(default_factory=list)

    def add(self, found: Found | Problem) -> None:
        if isinstance(found, Problem):
            self.problems.append(found)
            return
        family = self.specific if found.specific else self.listed
        name = found.handler.name
        if known := family.find(name):
            self.problems.append(Problem(found.source, f"Another handler is called {name} already: {known.source}"))
        elif not found.specific and name in ALIASES:
            self.problems.append(Problem(found.source, f"{name} is an older spelling of {ALIASES[name]}."))
        else:
            family.register(name, found)


_lock = RLock()
_loaded: _Handlers | None = None


def _registry() -> _Handlers:
    global _loaded
    with _lock:
        if _loaded is None:
            registry = _Handlers()
            for found in discover([Path(directory).resolve() for directory in settings.HANDLER_DIRS]):
                registry.add(found)
            _loaded = registry
        return _loaded


def load() -> None:
    """Discover the handlers now, if that has not been done."""
    _registry()


def reset() -> None:
    """Discover the handlers anew at the next call, as tests do after changing ``HANDLER_DIRS``."""
    global _loaded
    with _lock:
        _loaded = None


def all_handlers() -> list[Handler]:
    """Return the listed handlers, standard ones first, each family by name. Their hooks are guarded."""
    handlers = [found.guarded for found in _registry().listed]
    return sorted(handlers, key=lambda handler: (not handler.name.startswith("std_"), handler.name))


def canonical_name(name: str) -> str:
    """Return the present name for an older spelling, else ``name``."""
    return ALIASES.get(name, name)


def get_handler(name: str) -> Handler:
    """Return the listed handler of that name or older spelling. Raises ``HandlerMissing``."""
    found = _registry().listed.find(canonical_name(name))
    if found is None:
        raise HandlerMissing(
            in_words(
                lambda: (
                    _(
                        "The handler “%(name)s” is not installed. Ask whoever runs the shop to install "
                        "or mend it, or choose another one for this entry."
                    )
                    % {"name": name}
                )
            )
        )
    return found.guarded


def specific_folder(code: str) -> str:
    """Return the folder name of the handler that is specific to the entry ``code``."""
    return code.lower().replace("-", "_")


def specific_for(code: str) -> Handler | None:
    """Return the specific handler of the entry ``code``, if one is installed."""
    found = _registry().specific.find(specific_folder(code))
    return found.guarded if found else None


def handler_for(handler: str, code: str) -> Handler | None:
    """Return the handler that delivers an entry with that handler and code; None for an entry without delivery.

    Raises ``HandlerMissing`` when the handler named is not there.
    """
    if not handler:
        return None
    if handler != SPECIFIC:
        return get_handler(handler)
    found = specific_for(code)
    if found is None:
        raise HandlerMissing(
            in_words(
                lambda: (
                    _(
                        "No specific handler is installed for the entry “%(code)s”. It is looked for in a "
                        "folder named “specific/%(folder)s”. Install it, or choose another handler."
                    )
                    % {"code": code, "folder": specific_folder(code)}
                )
            )
        )
    return found


def problems() -> list[Problem]:
    """Return the handlers that were found but cannot be used."""
    return list(_registry().problems)


def problem_with(handler: str, code: str) -> Problem | None:
    """Return the reason why the handler of an entry with that handler and code could not be loaded, if one is known."""
    name = f"{SPECIFIC}/{specific_folder(code)}" if handler == SPECIFIC else canonical_name(handler)
    return next((problem for problem in problems() if problem.name == name), None)


def report(problem: Problem) -> None:
    """Add a problem to those that the system check warns of."""
    _registry().problems.append(problem)


def installed() -> list[Found]:
    """Return every handler that works, listed and specific, with its place."""
    registry = _registry()
    return [*registry.listed, *registry.specific]


def template_directories() -> list[Path]:
    """Return the ``templates`` folders of the handlers, in order of discovery."""
    return _folders_called("templates")


def locale_directories() -> list[Path]:
    """Return the ``locale`` folders of the handlers that bring their own translations, in order of discovery."""
    return _folders_called("locale")


def _folders_called(name: str) -> list[Path]:
    candidates = [found.folder / name for found in installed() if found.folder]
    return [folder for folder in candidates if folder.is_dir()]


@contextmanager
def temporary(handler: Handler | type[Handler], *, specific: bool = False) -> Iterator[Handler]:
    """Register ``handler`` inside the block, before one of the same name, and yield it guarded; for tests."""
    found = Found(handler() if isinstance(handler, type) else handler, "temporary", None, specific)
    family = _registry().specific if specific else _registry().listed
    with family.temporarily(found.handler.name, found):
        yield found.guarded
