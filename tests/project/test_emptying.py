"""A test that commits leaves nothing to the next one: no row, and no count of attempts in the cache."""

import pytest
from django.core.cache import cache
from django.db import connection

from accounts.people.models import User
from enrolments.courses.roles.models import Role
from tests.emptying import empty_database
from tests.factories.accounts import UserFactory


@pytest.mark.django_db(transaction=True)
def test_what_a_test_has_committed_is_gone_and_the_standing_roles_are_back():
    roles = set(Role.objects.values_list("code", flat=True))
    UserFactory()
    Role.objects.all().delete()
    cache.set("attempts-of-127.0.0.1", 20)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache")
        assert cursor.fetchone() == (1,)

    empty_database()

    assert not User.objects.exists()
    assert cache.get("attempts-of-127.0.0.1") is None
    assert set(Role.objects.values_list("code", flat=True)) == roles != set()
