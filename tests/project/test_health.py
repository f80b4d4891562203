"""What load balancers are told."""

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings


def test_healthz_answers_without_asking_the_database(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_is_content_when_every_migration_is_applied(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "migrations": "ok", "cache": "ok"}


@pytest.mark.django_db
def test_readyz_refuses_while_a_migration_is_missing(client):
    MigrationRecorder.Migration.objects.filter(app="sessions", name="0001_initial").delete()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["migrations"] == "1 to apply"


@pytest.mark.django_db
def test_readyz_refuses_without_the_table_of_the_cache(client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cache RENAME TO elsewhere")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["cache"] == "table missing"


@pytest.mark.django_db
def test_readyz_refuses_while_the_database_does_not_answer(client, monkeypatch):
    def refuse(*arguments, **options):
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "database": "does not answer",
        "migrations": "unknown",
        "cache": "unknown",
    }


@override_settings(SECURE_SSL_REDIRECT=True)
def test_probes_are_answered_without_https(client):
    assert client.get("/healthz").status_code == 200
    assert client.get("/elsewhere").status_code == 301


@override_settings(ALLOWED_HOSTS=["shop.example"])
def test_probes_are_answered_under_any_host_name(client):
    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/elsewhere", headers={"host": "10.0.0.7:8000"}).status_code == 400
