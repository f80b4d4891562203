"""The tests' settings for a shop in processes of its own that sends its mails, and whose processes can be spoiled."""

from project.settings.environment import env
from project.settings.test import *  # noqa: F403
from project.settings.test import INSTALLED_APPS as APPS_OF_TESTS

INSTALLED_APPS = [*APPS_OF_TESTS, "tests.trials.killed.spoiling"]
globals().update(env.email_url_config(env.str("EMAIL_URL")))
# A mail server that says nothing is given up soon: three mails have to find out one after another.
EMAIL_TIMEOUT = 3
