"""A database whose `lower` misses accents, so that one address passes for two, is refused before migrating."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection, connections

from project.database_checks import check_letter_case
from tests import servers


@pytest.fixture
def database_in_the_c_locale(django_db_blocker):
    """Make a database whose `lower` knows ASCII only, as with the locale C; return its alias."""
    name = f"c_locale_{servers.worker_number()}"
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        connections.settings["c_locale"] = connections.settings["default"] | {"NAME": name}
        yield "c_locale"
        connections["c_locale"].close()
        del connections["c_locale"], connections.settings["c_locale"]
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')


@pytest.mark.django_db(transaction=True)
def test_a_locale_without_accents_is_an_error(database_in_the_c_locale):
    found = check_letter_case(databases=[database_in_the_c_locale])

    assert [message.id for message in found] == ["shop.E001"]


@pytest.mark.django_db(transaction=True)
def test_migrate_refuses_such_a_database(database_in_the_c_locale):
    with pytest.raises(SystemCheckError, match=r"shop\.E001"):
        call_command("migrate", database=database_in_the_c_locale, skip_checks=False, verbosity=0)


@pytest.mark.django_db
def test_the_embedded_servers_are_accepted():
    assert check_letter_case(databases=["default"]) == []
