"""Platforms of this installation: the packages beside this module that name a `platform`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from common.registry import Registry
from shop.papers import platforms as packages
from shop.papers.platforms.port import Platform
from shop.payments.configured.in_force import is_offered


@cache
def _known() -> Registry[Platform]:
    known: Registry[Platform] = Registry("approved platform")
    for module in iter_modules(packages.__path__):
        if module.ispkg:
            platform: Platform = import_module(f"{packages.__name__}.{module.name}").platform
            known.register(platform.name, platform)
    return known


def known() -> list[Platform]:
    """Return all platforms, used or not."""
    return list(_known())


def get_platform(name: str) -> Platform | None:
    """Return a platform by its name, None for an unknown one."""
    return _known().find(name)


def in_use() -> Platform | None:
    """Return the platform that documents are sent to: the first one that the merchant has switched on and that has
    keys; None while there is none, as after the installation."""
    return next((each for each in known() if is_offered(each.name, unless_said=False) and each.has_keys()), None)
