"""Reads for pages about faults of handlers."""

from __future__ import annotations

from collections.abc import Iterable

from common.words import Text
from handlers.discovery import SPECIFIC
from handlers.models import BrokenHook
from handlers.registry import canonical_name, problem_with, specific_folder

FAULTS_SHOWN = 20


def extension_name(handler: str, code: str) -> str:
    """Return the name under which faults of an entry's handler are noted."""
    return f"{SPECIFIC}/{specific_folder(code)}" if handler == SPECIFIC else canonical_name(handler)


def faults_of(sold: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[Text]]:
    """Return the faults known of each handler, for pairs of an entry's handler and code. One query.

    First comes the reason why the handler could not be loaded, then the broken hooks, the latest first.
    """
    names = {pair: extension_name(*pair) for pair in sold if pair[0]}
    if not names:
        return {}
    hooks: dict[str, list[Text]] = {name: [] for name in names.values()}
    for broken in BrokenHook.objects.of_handlers(set(hooks))[: FAULTS_SHOWN * len(hooks)]:
        hooks[broken.handler].append(broken.message)
    found = {}
    for pair, name in names.items():
        problem = problem_with(*pair)
        found[pair] = [*([problem.message] if problem else []), *hooks[name][:FAULTS_SHOWN]]
    return found
