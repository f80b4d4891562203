"""Template loader for the templates in the packages of handlers."""

from pathlib import Path

from django.template.loaders import filesystem

from handlers import registry


class Loader(filesystem.Loader):
    """Loader of the ``templates`` folder of every handler that works."""

    def get_dirs(self) -> list[str | Path]:
        return list(registry.template_directories())
