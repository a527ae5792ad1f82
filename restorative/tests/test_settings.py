"""Effects of environment variables; each case starts its own process."""

import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection

SECRETS = {
    "SECRET_KEY": "abcdefghij" * 6,
    "FIELD_KEYS": Fernet.generate_key().decode(),
    "INDEX_KEY": "i" * 40,
    "AUDIT_KEY": "a" * 40,
}


def manage(tmp_path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **env}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("left_out", [["AUDIT_KEY"], list(SECRETS)])
def test_production_names_missing_secrets_and_does_not_start(tmp_path, left_out):
    given = {name: value for name, value in SECRETS.items() if name not in left_out}
    result = manage(tmp_path, "check", **given)
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert all(name in line for name in left_out)
    assert all(name not in line for name in given)


def test_the_web_server_stops_too(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "gunicorn", "restorative.wsgi"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 3
    assert "SECRET_KEY and FIELD_KEYS and INDEX_KEY and AUDIT_KEY are missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_complete_production_settings_pass(tmp_path):
    result = manage(
        tmp_path,
        "check",
        "--deploy",
        "--fail-level=WARNING",
        **SECRETS,
        ALLOWED_HOSTS="restorative.example",
        DATABASE_URL="postgres://user:secret@127.0.0.1:1/nothing",
        CELERY_BROKER_URL="redis://127.0.0.1:1/0",
        CACHE_URL="rediscache://127.0.0.1:1/1",
        EMAIL_URL="smtp+tls://user:secret@mail.example:587",
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({}, "ALLOWED_HOSTS is empty"),
        ({"ALLOWED_HOSTS": "x.example", "FIELD_KEYS": "short"}, "Key 1 of FIELD_KEYS"),
        ({"ALLOWED_HOSTS": "x.example", "AUDIT_KEY": "i" * 40}, "Two of the keys are the same"),
        ({"ALLOWED_HOSTS": "x.example", "SECRET_KEY": "short"}, "SECRET_KEY must have at least 50"),
        ({"ALLOWED_HOSTS": "x.example", "CACHE_URL": "locmemcache://"}, "CACHE_URL must name"),
        ({"RESTORATIVE_ENV": "staging"}, "must be production, demo or test"),
    ],
)
def test_faults_have_readable_messages(tmp_path, env, sentence):
    result = manage(tmp_path, "check", **SECRETS | env)
    assert result.returncode == 1
    assert sentence in result.stderr


def test_production_cookies_and_headers(tmp_path):
    code = (
        "from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SECURE_HSTS_SECONDS, s.DEBUG, s.DELIVERY)"
    )
    result = manage(
        tmp_path, "shell", "--no-imports", "-c", code, **SECRETS, ALLOWED_HOSTS="x.example", DEBUG="on"
    )
    assert result.stdout.split() == [
        "__Host-session",
        "__Host-csrf",
        "True",
        "True",
        "31536000",
        "False",
        "real",
    ]


def test_the_environment_overrides_the_file_of_make_run(tmp_path):
    lines = ["RESTORATIVE_ENV=demo", *(f"{name}={value}" for name, value in SECRETS.items())]
    (tmp_path / "restorative.env").write_text("\n".join(lines))
    code = "from django.conf import settings as s; print(s.RESTORATIVE_ENV, s.INDEX_KEY[0], s.DELIVERY)"
    shell = ("shell", "--no-imports", "-c", code)
    assert manage(tmp_path, *shell).stdout.split() == ["demo", "i", "file"]
    assert manage(tmp_path, *shell, INDEX_KEY="z" * 40).stdout.split() == ["demo", "z", "file"]
    assert manage(tmp_path, *shell, RESTORATIVE_ENV="production").returncode == 1, (
        "made-up keys are not production's"
    )


@pytest.mark.parametrize(
    "env",
    [
        {"SECOND_FACTOR": "on"},
        {"OIDC_SERVER_URL": "https://id.example", "OIDC_CLIENT_ID": "x", "OIDC_CLIENT_SECRET": "y"},
    ],
)
def test_the_environment_enables_more_sign_in_methods(tmp_path, env):
    code = (
        "from django.urls import get_resolver; from restorative.tests.test_middleware import every_pattern; "
        "from restorative.middleware import policy_of; "
        "found = list(every_pattern(get_resolver().url_patterns)); "
        "print(all(policy_of(each.callback) for each in found), sorted(each.name or '' for each in found))"
    )
    result = manage(tmp_path, "shell", "--no-imports", "-c", code, RESTORATIVE_ENV="test", **env)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("True")
    assert ("mfa_authenticate" if "SECOND_FACTOR" in env else "openid_connect_login") in result.stdout
    assert manage(tmp_path, "migrate", "--plan", RESTORATIVE_ENV="test", **env).returncode == 0


@pytest.mark.postgresql
@pytest.mark.django_db
def test_postgresql_does_not_compile_plans() -> None:
    """With JIT a referral page took 2 s of database time instead of 40 ms."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
