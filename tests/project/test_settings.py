"""Settings refuse to guess secrets, and keep development's conveniences out of production."""

import json
import os
import subprocess
import sys

import pytest

from project.settings.storage import storages_for
from tests.keys import OTHER_KEY, STRONG_KEY, THIRD_KEY
from tests.servers import PROJECT
from workbench.servers.addresses import addresses_in

COMPLETE = {
    "SECRET_KEY": STRONG_KEY,
    "DATABASE_URL": "postgres://shop@database/shop",
    "REDIS_URL": "redis://redis/0",
}
OURS = {
    *COMPLETE, "DEBUG", "SITE_URL", "ALLOWED_HOSTS", "DJANGO_SETTINGS_MODULE", "MAIL_FOLDER", "PORT", "HSTS_PRELOAD",
    "PAYMENT_PROVIDERS", "SECRET_KEY_FALLBACKS", "ENCRYPTION_KEYS", "METRICS_TOKEN", "OTEL_EXPORTER_OTLP_ENDPOINT",
    "SENTRY_DSN",
}  # fmt: skip
PRINT = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name, None) for name in sys.argv[1:]}, default=str))
"""


def run_with(environment: dict[str, str], module: str, *names: str) -> subprocess.CompletedProcess:
    outside = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, "-c", PRINT, *names],
        env=outside | {"DJANGO_SETTINGS_MODULE": f"project.settings.{module}"} | environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )


def settings_with(environment: dict[str, str], module: str, *names: str) -> dict:
    done = run_with(environment, module, *names)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("module", "missing"),
    [
        ("production", ["SECRET_KEY"]),
        ("production", ["DATABASE_URL"]),
        ("production", ["REDIS_URL"]),
        ("production", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"]),
        ("development", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"]),
        ("bench", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"]),
    ],
)
def test_without_debug_every_missing_variable_is_named_at_once(module, missing):
    environment = {name: value for name, value in COMPLETE.items() if name not in missing}

    done = run_with(environment, module, "DEBUG")

    assert done.returncode != 0
    last_line = done.stderr.strip().splitlines()[-1]
    assert f"with DEBUG off the environment must set {', '.join(missing)}." in last_line


def test_an_empty_variable_counts_as_missing():
    done = run_with(COMPLETE | {"SECRET_KEY": "  "}, "production", "DEBUG")

    assert "must set SECRET_KEY." in done.stderr


def test_production_is_safe_unless_told_otherwise():
    found = settings_with(
        COMPLETE, "production", "DEBUG", "DEV_MAIL", "PAYMENT_PROVIDERS", "SESSION_COOKIE_SECURE", "SECURE_SSL_REDIRECT"
    )

    assert found == {
        "DEBUG": False,
        "DEV_MAIL": False,
        "PAYMENT_PROVIDERS": ["transfer", "on_account", "credit", "free"],
        "SESSION_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
    }


@pytest.mark.parametrize(
    ("module", "has_sandbox", "has_mails"), [("development", True, True), ("test", True, True), ("bench", True, False)]
)
def test_the_sandbox_and_readable_mails_exist_only_outside_production(module, has_sandbox, has_mails):
    found = settings_with(COMPLETE, module, "PAYMENT_PROVIDERS", "DEV_MAIL")

    assert ("sandbox" in found["PAYMENT_PROVIDERS"]) is has_sandbox
    assert found["DEV_MAIL"] is has_mails


@pytest.mark.parametrize(
    ("named", "chosen"),
    [
        ("transfer", ["transfer", "free"]),
        (" free , transfer,,transfer", ["free", "transfer"]),
        ("", ["transfer", "on_account", "credit", "free"]),
        (" , ", ["transfer", "on_account", "credit", "free"]),
    ],
)
def test_providers_are_chosen_by_the_environment_in_its_order(named, chosen):
    found = settings_with(COMPLETE | {"PAYMENT_PROVIDERS": named}, "production", "PAYMENT_PROVIDERS")

    assert found == {"PAYMENT_PROVIDERS": chosen}


def start_with(providers: str, module: str) -> subprocess.CompletedProcess:
    outside = {name: value for name, value in os.environ.items() if name not in OURS}
    chosen = COMPLETE | {"PAYMENT_PROVIDERS": providers, "DJANGO_SETTINGS_MODULE": f"project.settings.{module}"}
    start = [sys.executable, "-c", "import django; django.setup()"]
    return subprocess.run(start, env=outside | chosen, cwd=PROJECT, capture_output=True, text=True)


def test_a_shop_for_real_money_does_not_start_with_the_sandbox():
    done = start_with("transfer,free,sandbox", "production")

    assert done.returncode != 0
    last_line = done.stderr.strip().splitlines()[-1]
    assert "Amphi does not start: PAYMENT_PROVIDERS names 'sandbox', which delivers without any money" in last_line
    assert start_with("transfer,free,sandbox", "bench").returncode == 0


def test_a_provider_nobody_knows_is_named_with_those_there_are():
    done = start_with("transfer,paypall", "production")

    assert done.returncode != 0
    last_line = done.stderr.strip().splitlines()[-1]
    assert "names 'paypall', but the providers there are: " in last_line
    assert "sandbox, stripe, transfer." in last_line


def test_with_debug_the_embedded_servers_are_named_without_being_started(tmp_path):
    addresses = addresses_in(tmp_path / "data")

    found = settings_with({"DEBUG": "1", "AMPHI_DATA": str(tmp_path / "data")}, "development", "DATABASES", "REDIS_URL")

    assert found["DATABASES"]["default"]["OPTIONS"]["host"] == str(addresses.sockets)
    assert found["REDIS_URL"] == addresses.redis_url
    assert list(tmp_path.iterdir()) == []


def test_celery_is_told_of_a_unix_socket_in_its_own_spelling():
    environment = COMPLETE | {"REDIS_URL": "unix:///run/redis.sock?db=3"}

    found = settings_with(environment, "production", "CELERY_BROKER_URL")

    assert found["CELERY_BROKER_URL"] == "redis+socket:///run/redis.sock?virtual_host=3"


def test_a_site_reached_by_plain_http_sets_no_secure_cookies():
    found = settings_with(COMPLETE | {"SITE_URL": "http://localhost:8000"}, "production", "SESSION_COOKIE_SECURE")

    assert found == {"SESSION_COOKIE_SECURE": False}


@pytest.mark.parametrize(
    ("environment", "preloads"),
    [({}, False), ({"HSTS_PRELOAD": "1"}, True), ({"HSTS_PRELOAD": "1", "SITE_URL": "http://localhost:8000"}, False)],
)
def test_browsers_are_asked_to_list_the_domain_only_when_the_environment_says_so(environment, preloads):
    found = settings_with(COMPLETE | environment, "production", "SECURE_HSTS_PRELOAD")

    assert found == {"SECURE_HSTS_PRELOAD": preloads}


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "٣"])
def test_calls_at_once_are_a_number_of_at_least_one(text):
    done = run_with(COMPLETE | {"OUTBOX_CALLS_AT_ONCE": text}, "production", "OUTBOX_CALLS_AT_ONCE")

    assert done.returncode != 0
    assert "OUTBOX_CALLS_AT_ONCE must be a whole number of at least 1" in done.stderr


@pytest.mark.parametrize(("environment", "calls"), [({}, 4), ({"OUTBOX_CALLS_AT_ONCE": "12"}, 12)])
def test_calls_at_once_are_chosen_by_the_environment(environment, calls):
    assert settings_with(COMPLETE | environment, "production", "OUTBOX_CALLS_AT_ONCE") == {
        "OUTBOX_CALLS_AT_ONCE": calls
    }


def test_the_sales_team_is_written_to_at_the_senders_bare_address():
    found = settings_with(COMPLETE | {"DEFAULT_FROM_EMAIL": "Amphi <shop@shop.example>"}, "production", "SALES_EMAIL")

    assert found == {"SALES_EMAIL": "shop@shop.example"}


def test_alarms_go_to_the_sales_team_unless_told_otherwise():
    sales = {"SALES_EMAIL": "sales@shop.example"}

    assert settings_with(COMPLETE | sales, "production", "SECURITY_EMAIL") == {"SECURITY_EMAIL": "sales@shop.example"}
    told = COMPLETE | sales | {"SECURITY_EMAIL": "security@shop.example"}
    assert settings_with(told, "production", "SECURITY_EMAIL") == {"SECURITY_EMAIL": "security@shop.example"}


def test_object_storage_is_read_from_one_address():
    storages = storages_for("s3://key:s%2Fecret@objects.example:9000/uploads?region=eu-west-3&public=cdn.example")

    assert storages["default"] == {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": "uploads",
            "file_overwrite": False,
            "querystring_auth": False,
            "endpoint_url": "https://objects.example:9000",
            "access_key": "key",
            "secret_key": "s/ecret",
            "region_name": "eu-west-3",
            "custom_domain": "cdn.example",
        },
    }


def refusal_of(environment: dict[str, str], module: str = "production") -> str:
    """Return the sentence with which the shop refuses to start; the test fails where it starts."""
    done = run_with(environment, module, "DEBUG")
    assert done.returncode != 0
    last_line = done.stderr.strip().splitlines()[-1]
    assert "Amphi does not start: " in last_line
    return last_line


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("a", "SECRET_KEY is shorter than 50 characters"),
        (STRONG_KEY[:49], "SECRET_KEY is shorter than 50 characters"),
        ("k" * 60, "SECRET_KEY is made of the same few characters over and over"),
        ("0123456789abcdef" * 4, "SECRET_KEY is made of the same few characters over and over"),
        ("not-a-secret-development-only", "SECRET_KEY is one that is published in the code or in examples"),
        ("tests-only-" + "0123456789" * 5, "SECRET_KEY is one that is published in the code or in examples"),
        ("django-insecure-" + STRONG_KEY, "SECRET_KEY is one that is published in the code or in examples"),
    ],
)
@pytest.mark.parametrize("module", ["production", "development", "bench"])
def test_a_key_that_can_be_guessed_is_refused_with_the_reason(module, key, reason):
    assert reason in refusal_of(COMPLETE | {"SECRET_KEY": key}, module)


@pytest.mark.parametrize("module", ["production", "bench"])
def test_debug_is_refused_where_the_shop_runs_for_real(module):
    assert "DEBUG is on" in refusal_of(COMPLETE | {"DEBUG": "1"}, module)
    assert "the environment must set SECRET_KEY" in refusal_of({"DEBUG": "1"}, module)


def test_former_keys_are_read_from_the_environment_newest_first():
    found = settings_with(
        COMPLETE | {"SECRET_KEY_FALLBACKS": f" {OTHER_KEY} ,", "ENCRYPTION_KEYS": f"{THIRD_KEY},a"},
        *("production", "SECRET_KEY_FALLBACKS", "ENCRYPTION_KEYS"),
    )

    assert found == {"SECRET_KEY_FALLBACKS": [OTHER_KEY], "ENCRYPTION_KEYS": [THIRD_KEY, "a"]}
    empty = settings_with(COMPLETE, "production", "SECRET_KEY_FALLBACKS", "ENCRYPTION_KEYS")
    assert empty == {"SECRET_KEY_FALLBACKS": [], "ENCRYPTION_KEYS": []}


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"SECRET_KEY_FALLBACKS": "a"}, "one of SECRET_KEY_FALLBACKS is shorter than 50 characters"),
        ({"SECRET_KEY_FALLBACKS": STRONG_KEY}, "SECRET_KEY stands among SECRET_KEY_FALLBACKS too"),
        ({"ENCRYPTION_KEYS": f"a,{STRONG_KEY}"}, "the first of ENCRYPTION_KEYS is shorter than 50 characters"),
        ({"ENCRYPTION_KEYS": f"{STRONG_KEY},{STRONG_KEY}"}, "ENCRYPTION_KEYS names the same key twice"),
        ({"SITE_URL": "shop.example"}, "SITE_URL is 'shop.example', but must begin with https:// and a host name"),
        ({"DEBUG": "perhaps"}, "DEBUG is 'perhaps', but must be 1 or 0"),
        ({"HSTS_PRELOAD": "sure"}, "HSTS_PRELOAD is 'sure', but must be 1 or 0"),
        ({"TRUST_PROXY": "-1"}, "TRUST_PROXY is '-1', but must be a whole number"),
        ({"TRUST_PROXY": "one"}, "TRUST_PROXY is 'one', but must be a whole number"),
        ({"SHOP_LANGUAGE": "de"}, "SHOP_LANGUAGE is 'de', but must be one of en, fr"),
        ({"TIME_ZONE": "Paris"}, "TIME_ZONE is 'Paris', but must be a name such as Europe/Paris"),
        ({"SECURITY_EMAIL": "nonsense"}, "SECURITY_EMAIL is 'nonsense', but must be an e-mail address"),
        ({"SALES_EMAIL": "a@b@c.example"}, "SALES_EMAIL is 'a@b@c.example', but must be an e-mail address"),
        ({"DEFAULT_FROM_EMAIL": "Amphi <shop>"}, "DEFAULT_FROM_EMAIL is 'Amphi <shop>', but must be an e-mail address"),
        ({"SHOP_CURRENCY": "euro"}, "SHOP_CURRENCY is 'euro', but must be three capital letters such as EUR"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_in_a_plain_sentence(environment, reason):
    assert reason in refusal_of(COMPLETE | environment)


def test_all_reasons_are_told_at_once():
    told = refusal_of(COMPLETE | {"SECRET_KEY": "a", "SITE_URL": "shop.example"})

    assert "SECRET_KEY is shorter" in told
    assert "SITE_URL is" in told


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DATABASE_LOCK_SECONDS": "soon"}, "DATABASE_LOCK_SECONDS is 'soon', but must be a number of seconds up to"),
        ({"DATABASE_IDLE_SECONDS": "-1"}, "DATABASE_IDLE_SECONDS is '-1', but must be a number of seconds up to"),
        ({"DATABASE_PAGE_SECONDS": "nan"}, "DATABASE_PAGE_SECONDS is 'nan', but must be a number of seconds up to"),
        (
            {"DATABASE_LOCK_SECONDS": "30"},
            "DATABASE_LOCK_SECONDS is 30 s, but must be shorter than DATABASE_STATEMENT_SECONDS, 10 s.",
        ),
        (
            {"DATABASE_JOB_LOCK_SECONDS": "0"},
            "DATABASE_JOB_LOCK_SECONDS is 0 s, but must be shorter than DATABASE_JOB_STATEMENT_SECONDS, 120 s.",
        ),
    ],
)
def test_a_limit_that_is_none_is_refused_with_its_name(environment, said):
    done = run_with(COMPLETE | environment, "production", "DEBUG")

    assert done.returncode != 0
    assert f"Amphi does not start: {said}" in done.stderr.strip().splitlines()[-1]


def test_pages_wait_for_locks_for_seconds_and_a_silent_machine_is_noticed():
    without = dict.fromkeys(("LOCK", "STATEMENT", "PAGE", "IDLE"), "0")
    none = {f"DATABASE_{name}_SECONDS": seconds for name, seconds in without.items()}
    for environment, limits in (({}, "statement=10, lock=4, idle=30.0, whole=20"), (none, "statement=0.0, lock=0.0")):
        found = settings_with(COMPLETE | environment, "production", "PAGE_LIMITS", "DATABASES")
        assert limits.replace(".0", "") in found["PAGE_LIMITS"].replace(".0", "")
    named = COMPLETE["DATABASE_URL"] + "?connect_timeout=9&options=-c%20search_path%3Dshop"
    options = settings_with(COMPLETE | {"DATABASE_URL": named}, "production", "DATABASES")["DATABASES"]["default"][
        "OPTIONS"
    ]
    assert (int(options["connect_timeout"]), options["options"]) == (9, "-c search_path=shop")
    assert options["tcp_user_timeout"] == 10_000
