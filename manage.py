#!/usr/bin/env python3
"""Django's command line. Production settings unless the environment names others."""

import os
import sys

DEVELOPMENT_COMMANDS = {"up"}
# These commands only read and write source files, so they need no settings of production.
WORKSHOP_COMMANDS = {"starthandler", "translations"}


def main() -> None:
    if DEVELOPMENT_COMMANDS.intersection(sys.argv[1:2]):
        os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings.development"
        os.environ["DEBUG"] = "1"
    elif WORKSHOP_COMMANDS.intersection(sys.argv[1:2]) and "DJANGO_SETTINGS_MODULE" not in os.environ:
        os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings.development"
        os.environ.setdefault("DEBUG", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.production")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
