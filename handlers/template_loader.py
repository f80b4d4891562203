"""Lets Django find the templates that lie in the packages of handlers."""

from django.template.loaders import filesystem

from handlers import registry


class Loader(filesystem.Loader):
    """Looks into the ``templates`` folder of every handler that works."""

    def get_dirs(self) -> list[str]:
        return [str(folder) for folder in registry.template_directories()]
