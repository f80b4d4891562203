"""Promises of docker-compose.yml and the Dockerfile, and each service's command run as a container would run it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg2
import pytest

from project.health import FRESH_SECONDS
from tests.compose import Missing, build_image, command_of, compose_file, environment_of, read_env
from tests.keys import STRONG_KEY
from tests.patience import HELD_UP_SECONDS, PATIENCE_SECONDS, wait_until
from tests.servers import PROJECT
from workbench.programs import QUIET_ROOT
from workbench.servers.addresses import ROLE, Addresses, addresses_in
from workbench.servers.binaries import postgres_binaries
from workbench.servers.embedded import embedded_servers
from workbench.servers.postgres import make_database
from workbench.servers.process import Child, Program

pytestmark = pytest.mark.xdist_group("compose")

FILLED_IN = read_env((PROJECT / ".env.example").read_text()) | {
    "SECRET_KEY": STRONG_KEY,
    "POSTGRES_PASSWORD": "fedcba9876543210",
    "POSTGRES_OWNER_PASSWORD": "owner0123456789",
    "POSTGRES_SHOP_PASSWORD": "shop9876543210",
    "REDIS_PASSWORD": "redis0123456789",
}
SECRETS = ("SECRET_KEY", "POSTGRES_PASSWORD", "POSTGRES_OWNER_PASSWORD", "POSTGRES_SHOP_PASSWORD", "REDIS_PASSWORD")
OURS = ("migrate", "web", "worker", "beat")
FROM_THE_PROXY = {"Host": "shop.example", "X-Forwarded-Proto": "https", "Accept-Language": "en"}
# A job of an unknown kind: a worker that claims it says so in its row, and no bell was rung for it.
UNKNOWN_JOB = """
    INSERT INTO outbox_job (kind, key, payload, attempts, max_attempts, state, last_error)
    VALUES ('unknown', %s, '{}', 0, 9, 'pending', '')
"""
HAS_ERROR = "SELECT last_error <> '' FROM outbox_job WHERE key = %s"


# --- The files ---


def test_no_secret_and_no_server_is_assumed():
    example = read_env((PROJECT / ".env.example").read_text())
    assert example.keys() >= {*SECRETS, "SITE_URL", "ALLOWED_HOSTS"}
    assert not any(example[name] for name in SECRETS)
    for name in SECRETS[1:]:
        with pytest.raises(Missing, match=rf"{name} is missing in \.env"):
            compose_file({secret: value for secret, value in FILLED_IN.items() if secret != name})


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_the_shop_signs_in_as_one_who_changes_no_table(name):
    assert compose_file(FILLED_IN)["services"][name]["environment"] == {
        "DATABASE_URL": "postgres://amphi_shop:shop9876543210@postgres:5432/amphi",
        "REDIS_URL": "redis://:redis0123456789@redis:6379/0",
    }


def test_the_tables_are_made_by_their_owner():
    environment = compose_file(FILLED_IN)["services"]["migrate"]["environment"]

    assert environment["DATABASE_URL"] == "postgres://amphi_owner:owner0123456789@postgres:5432/amphi"


def test_servers_of_ones_own_take_the_place_of_those_in_the_file():
    own = {"DATABASE_URL": "postgres://a@b/c", "REDIS_URL": "redis://elsewhere/1"}

    services = compose_file(FILLED_IN | own | {"OWNER_DATABASE_URL": "postgres://owner@b/c"})["services"]

    assert services["worker"]["environment"] == own
    assert services["migrate"]["environment"] == own | {"DATABASE_URL": "postgres://owner@b/c"}


def test_workers_can_be_as_many_as_one_likes():
    services = compose_file(FILLED_IN)["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert not any("container_name" in service or "hostname" in service for service in services.values())


def test_everything_starts_again_and_gets_time_to_end_except_what_runs_once():
    services = compose_file(FILLED_IN)["services"]

    assert {name: service["restart"] for name, service in services.items()} == {
        name: "no" if name == "migrate" else "unless-stopped" for name in services
    }
    assert [name for name, service in services.items() if "stop_grace_period" not in service] == ["migrate"]
    assert {name for name, service in services.items() if "healthcheck" in service} == {*services} - {"migrate"}


def test_programs_wait_for_the_tables_and_the_tables_for_postgres():
    services = compose_file(FILLED_IN)["services"]

    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_every_service_is_bounded_and_may_do_no_more_than_it_must():
    services = compose_file(FILLED_IN)["services"]

    for name, service in services.items():
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert service["logging"]["options"] == {"max-size": "20m", "max-file": "5"}, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert [name for name, service in services.items() if "cap_add" in service] == ["postgres"]


def test_postgres_and_redis_stand_on_a_network_without_the_world():
    file = compose_file(FILLED_IN)
    networks = {name: set(service["networks"]) for name, service in file["services"].items()}

    assert file["networks"]["data"] == {"internal": True}
    assert {name for name, joined in networks.items() if "world" in joined} == {"web", "worker"}
    assert all("data" in joined for joined in networks.values())


def test_images_are_called_by_exact_version_and_ours_runs_as_an_ordinary_user():
    dockerfile = (PROJECT / "Dockerfile").read_text()
    images = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    services = compose_file(FILLED_IN)["services"]
    images += [service["image"] for service in services.values()]

    assert not [image for image in images if "/" in image]
    others = {image for image in images if image != "amphi"}
    assert len(others) == 3
    assert not [
        image
        for image in others
        if not re.match(r"(python:\d+\.\d+\.\d+|postgres:\d+\.\d+|redis:\d+\.\d+\.\d+)\b", image)
    ]
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE) == ["amphi"]
    assert "://" not in re.sub(r"(postgres|redis)://nowhere|postgres://nobody@nowhere", "", dockerfile)
    assert all(services[name]["read_only"] for name in OURS)


# --- The commands ---


@dataclass
class Deployment:
    """Services of the file as processes of this machine, on a Postgres and a Redis that may be stopped."""

    image: Path
    addresses: Addresses
    postgres: Child
    redis: Child
    port: int
    logs: Path
    redis_database: int = 0

    def database_url_as(self, role: str) -> str:
        return self.addresses.database_url_for("deployed").replace(f"//{ROLE}@", f"//{role}@")

    @property
    def variables(self) -> dict[str, str]:
        servers = {
            "DATABASE_URL": self.database_url_as("amphi_shop"),
            "OWNER_DATABASE_URL": self.database_url_as("amphi_owner"),
            "REDIS_URL": f"{self.addresses.redis_url}?db={self.redis_database}",
        }
        return FILLED_IN | servers | {"PORT": str(self.port), "HOSTNAME": socket.gethostname()}

    def program(self, name: str) -> Program:
        service = compose_file(self.variables)["services"][name]
        return Program(
            name=name,
            command=command_of(service),
            folder=self.image,
            environment=environment_of(service, self.image, self.variables) | QUIET_ROOT,
            log=self.logs / f"{name}.log",
            death_signal=signal.SIGQUIT,
            patience=int(service.get("stop_grace_period", "30s").removesuffix("s")),
        )

    def is_healthy(self, name: str) -> bool:
        """Run the service's health check and tell whether it passed."""
        service = compose_file(self.variables)["services"][name]
        kind, *command = service["healthcheck"]["test"]
        command = ["sh", "-c", *command] if kind == "CMD-SHELL" else command
        command = [part.replace(":8000/", f":{self.port}/") for part in command]
        environment = environment_of(service, self.image, self.variables)
        # A folder of its own, in which it counts how often the service was ill: outside a container the first process,
        # which it would end the fourth time, is that of the whole machine.
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(command, cwd=self.image, env=environment | {"TMPDIR": folder}, capture_output=True)
        return done.returncode == 0

    def get(self, path: str, headers: dict[str, str] = FROM_THE_PROXY) -> tuple[int, dict[str, str], str]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read().decode()

    def make_roles(self) -> None:
        """Run the script that Postgres' image runs when it makes the database."""
        (script,) = [
            volume.split(":")[0]
            for volume in compose_file(FILLED_IN)["services"]["postgres"]["volumes"]
            if ":/docker-entrypoint-initdb.d/" in volume
        ]
        environment = FILLED_IN | {
            "PATH": f"{postgres_binaries()}{os.pathsep}/usr/bin:/bin",
            "POSTGRES_USER": ROLE,
            "POSTGRES_DB": "deployed",
            "PGHOST": str(self.addresses.sockets),
            "PGPORT": "5432",
        }
        subprocess.run(["sh", PROJECT / script], env=environment, check=True)

    def execute(self, statement: str, *parameters: object, role: str = "amphi_shop") -> list[tuple]:
        connection = psycopg2.connect(self.database_url_as(role))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory) -> Iterator[Deployment]:
    """Build the image beside fresh servers, make the roles and migrate; no other service runs yet."""
    logs = tmp_path_factory.mktemp("deployment")
    with ExitStack() as stack:
        addresses = addresses_in(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amphi-deployed-"))))
        postgres, redis = stack.enter_context(embedded_servers(addresses, is_throwaway=True))
        make_database(addresses, "deployed")
        found = Deployment(build_image(logs), addresses, postgres, redis, free_port(), logs)
        found.make_roles()
        migrate = stack.enter_context(found.program("migrate").running())
        assert migrate.process.wait(PATIENCE_SECONDS) == 0, migrate.last_words()
        yield found


@pytest.fixture(scope="module")
def running(deployment) -> Iterator[Deployment]:
    """Start web, worker and beat."""
    with ExitStack() as stack:
        for name in ("web", "worker", "beat"):
            child = stack.enter_context(deployment.program(name).running())
            if name == "web":
                child.wait_until(lambda: answers(deployment), seconds=PATIENCE_SECONDS)
        yield deployment


def answers(deployment: Deployment) -> bool:
    try:
        return deployment.get("/readyz")[0] == 200
    except OSError:
        return False


# --- The roles ---


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.mine (id int)",
        "DROP TABLE outbox_job",
        "ALTER TABLE outbox_job DISABLE TRIGGER ALL",
        "ALTER TABLE outbox_job DROP CONSTRAINT outbox_job_key_unique",
        "TRUNCATE outbox_job",
        "CREATE ROLE another",
        "COPY outbox_job TO PROGRAM 'cat'",
        "SET ROLE amphi_owner",
    ],
)
def test_the_shops_own_role_changes_no_table(deployment, statement):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        deployment.execute(statement)


def test_the_owner_of_the_tables_rules_no_more_than_them(deployment):
    tables = deployment.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")

    assert tables == [("amphi_owner",)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        deployment.execute("CREATE ROLE another", role="amphi_owner")


def test_a_database_from_before_the_roles_gets_them_with_its_tables(deployment):
    deployment.execute("CREATE TABLE public.older (id bigint GENERATED BY DEFAULT AS IDENTITY)", role=ROLE)

    deployment.make_roles()

    deployment.execute("INSERT INTO older DEFAULT VALUES")
    deployment.execute("DROP TABLE older", role="amphi_owner")


# --- The services ---


def test_web_is_ready_and_healthy(running):
    status, _headers, body = running.get("/readyz", {})

    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert running.get("/healthz", {})[0] == 200
    assert running.is_healthy("web")


def test_pages_are_served_through_a_proxy_with_their_collected_files(running):
    status, headers, body = running.get("/")
    (stylesheet,) = re.findall(r'href="(/static/css/tokens\.[0-9a-f]{12}\.css)"', body)

    assert status == 200
    assert "Server" not in headers
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    status, headers, _body = running.get(stylesheet)
    assert status == 200
    assert "immutable" in headers["Cache-Control"]


def test_the_image_speaks_french(running):
    body = running.get("/nowhere/", FROM_THE_PROXY | {"Accept-Language": "fr"})[2]

    assert "This page does not exist" not in body
    assert 'lang="fr"' in body


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_worker_and_beat_answer_and_are_healthy(running, name):
    wait_until(lambda: running.is_healthy(name))


def test_beat_has_jobs_run_for_which_nobody_rang(running):
    running.execute(UNKNOWN_JOB, "for beat")

    wait_until(lambda: running.execute(HAS_ERROR, "for beat") == [(True,)])


def test_without_redis_the_shop_serves_pages_and_says_so(running):
    running.redis.stop()
    try:
        time.sleep(FRESH_SECONDS)  # what was found just before is told no more
        began = time.monotonic()
        status, _headers, body = running.get("/readyz")
        took = time.monotonic() - began

        assert (status, json.loads(body)["status"], json.loads(body)["redis"]) == (200, "degraded", "does not answer")
        assert took < HELD_UP_SECONDS
        assert running.get("/")[0] == 200
    finally:
        running.redis.restart()


def test_without_postgres_the_shop_is_closed_for_a_moment_and_opens_by_itself(running):
    running.postgres.stop()
    try:
        # Not the front page, whose content may still be remembered.
        status, headers, body = running.get("/?q=fire")

        assert (status, headers.get("Retry-After")) == (503, "30")
        assert "The shop is closed for a moment" in body
        assert running.get("/orders/unknown/")[0] == 503
        wait_until(lambda: running.get("/readyz")[0] == 503)
        assert running.is_healthy("web")
    finally:
        (running.addresses.data / "postgres" / "postmaster.pid").unlink(missing_ok=True)
        running.postgres.restart()
    wait_until(lambda: answers(running))

    assert running.get("/")[0] == 200
    # The worker and beat came through it too.
    key = f"after {time.monotonic()}"
    running.execute(UNKNOWN_JOB, key)
    wait_until(lambda: running.execute(HAS_ERROR, key) == [(True,)])


def written(log: Path) -> list[str]:
    """Return the lines of a log, but for the last one while a program is still writing it."""
    return [line for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]


def test_everything_written_is_json_and_names_nobody(running):
    running.get("/?q=alice@customer.example")
    status, headers, _body = running.get("/orders/a-secret-of-somebody/?x=1")

    wait_until(lambda: headers["X-Request-ID"] in "".join(written(running.logs / "web.log")))
    lines = written(running.logs / "web.log")
    requests = [line for line in map(json.loads, lines) if line["logger"] == "shop.requests"]
    (request,) = [line for line in requests if line["request_id"] == headers["X-Request-ID"]]
    assert (request["path"], request["status"]) == ("/orders/*/", status)
    assert "alice" not in "\n".join(lines)
    assert "a-secret" not in "\n".join(lines)
    for name in ("worker", "beat"):
        for line in written(running.logs / f"{name}.log"):
            json.loads(line)


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_service_ends_in_good_order_when_asked(deployment, name):
    logs = deployment.logs / f"{name}-alone"
    logs.mkdir()
    # On a Redis database of its own, so that no other worker answers.
    alone = replace(deployment, port=free_port(), logs=logs, redis_database=1)
    with alone.program(name).running() as child:
        child.wait_until(lambda: alone.is_healthy(name), seconds=PATIENCE_SECONDS)
        os.kill(child.pid, signal.SIGTERM)
        wait_until(lambda: not child.is_running)

        assert child.exit_status == 0
