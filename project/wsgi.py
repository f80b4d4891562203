"""The web application for gunicorn."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from project.database_limits import limit_database
from project.watching.sharing import share_figures

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.production")

if settings.METRICS_TOKEN:
    share_figures()
application = get_wsgi_application()
limit_database(settings.PAGE_LIMITS)
# Read once for all processes, so that the first probe is answered in time too.
import_module("project.health").known_migrations()
