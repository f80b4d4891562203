"""A registry: things that the floors above offer to a floor below, by name, in the order of registration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Unregistered(LookupError):
    """Nothing is registered under this name: a mistake in the code, never of a person."""


class Registry(Generic[T]):
    """Things by name. `what` names the kind of things in errors; `same` tells whether a second registration is the
    first again."""

    def __init__(self, what: str, *, same: Callable[[T, T], bool] | None = None) -> None:
        self.what = what
        self._same = same or _same
        self._things: dict[str, T] = {}

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._things.values()))

    def register(self, name: str, thing: T) -> T:
        """Keep `thing` under `name` and return `thing`. Raises ValueError when the name belongs to another thing."""
        if name in self._things and not self._same(self._things[name], thing):
            raise ValueError(f"Two want to be the {self.what} {name!r}: {self._things[name]!r} and {thing!r}.")
        self._things[name] = thing
        return thing

    def add(self, thing: T) -> T:
        """Register a function under its own name; usable as a decorator. A second time changes nothing."""
        return self.register(qualified_name(thing), thing)

    def find(self, name: str) -> T | None:
        return self._things.get(name)

    def get(self, name: str) -> T:
        """Return the thing registered under `name`. Raises Unregistered."""
        try:
            return self._things[name]
        except KeyError:
            raise Unregistered(f"No {self.what} named {name!r} is registered.") from None

    def names(self) -> list[str]:
        return list(self._things)

    @contextmanager
    def temporarily(self, name: str, thing: T) -> Iterator[T]:
        """Put `thing` in the place of the one registered under `name`, for the length of a `with` block: for tests."""
        before = dict(self._things)
        self._things[name] = thing
        try:
            yield thing
        finally:
            self._things = before

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """Remove all things for the length of a `with` block: for tests."""
        before, self._things = self._things, {}
        try:
            yield
        finally:
            self._things = before


def qualified_name(function: Any) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def same_function(one: Any, other: Any) -> bool:
    """Tell whether two functions are one: a module that is loaded twice makes its functions twice."""
    return qualified_name(one) == qualified_name(other)


def _same(one: object, other: object) -> bool:
    return one == other or (callable(one) and callable(other) and same_function(one, other))
