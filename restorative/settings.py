"""All settings, read from a typed environment. Production is the default and does not start without its secrets.
The domain's numbers are in common/rules.py; docs/deploy.md explains each variable."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

# ----------------------------------------------------------------------------------------------------
# The environment. `make run` writes its keys to DATA_DIR/restorative.env. Environment variables override the file; a
# file written for another RESTORATIVE_ENV is ignored.

env = environ.Env()
DATA_DIR = (BASE_DIR / env.str("DATA_DIR", default="var")).resolve()
_ENV_FILE = DATA_DIR / "restorative.env"
if _ENV_FILE.is_file():
    _written = dict(
        line.split("=", 1) for line in _ENV_FILE.read_text().splitlines() if "=" in line and line[:1] != "#"
    )
    if env.str("RESTORATIVE_ENV", default=None) in (None, _written.get("RESTORATIVE_ENV")):
        environ.Env.read_env(_ENV_FILE)

RESTORATIVE_ENV = env.str("RESTORATIVE_ENV", default="production")
if RESTORATIVE_ENV not in {"production", "demo", "test"}:
    raise ImproperlyConfigured("RESTORATIVE_ENV must be production, demo or test.")
PRODUCTION = RESTORATIVE_ENV == "production"
TESTING = RESTORATIVE_ENV == "test"

_SECRETS = ("SECRET_KEY", "FIELD_KEYS", "INDEX_KEY", "AUDIT_KEY")
if TESTING:
    _made_up = {
        "SECRET_KEY": "a key for tests only, which opens nothing anywhere, and is long enough",
        "FIELD_KEYS": "dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHktMTI=",
        "INDEX_KEY": "index-key-for-tests",
        "AUDIT_KEY": "audit-key-for-tests",
    }
    for _name, _value in _made_up.items():
        environ.Env.ENVIRON.setdefault(_name, _value)
_missing = [name for name in _SECRETS if not env.str(name, default="")]
if _missing:
    raise ImproperlyConfigured(
        f"{' and '.join(_missing)} {'is' if len(_missing) == 1 else 'are'} missing from the environment "
        f"(RESTORATIVE_ENV is {RESTORATIVE_ENV}; `make run` makes a demonstration, docs/deploy.md says the rest)."
    )
SECRET_KEY = env.str("SECRET_KEY")
FIELD_KEYS: list[str] = env.list("FIELD_KEYS")
INDEX_KEY = env.str("INDEX_KEY")
AUDIT_KEY = env.str("AUDIT_KEY")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])

DEBUG = not PRODUCTION and env.bool("DEBUG", default=False)
PORT = env.int("PORT", default=8000)
# The service's own address, for links in reminders.
SITE_URL = env.str("SITE_URL", default=f"http://localhost:{PORT}").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# How many of our proxies set X-Forwarded-For and X-Forwarded-Proto.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# Overrides of rules(), within their floors and ceilings: "record_working_days=1,consent_months=3".
RULES: dict[str, int] = {key: int(value) for key, value in env.dict("RULES", default={}).items()}

# ----------------------------------------------------------------------------------------------------
# What the project is made of

DJANGO_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]
OTHER_APPS = ["csp", "crispy_forms", "allauth", "allauth.account"]
OUR_APPS = [
    "restorative",
    "restorative.common",
    "restorative.audit",
    "restorative.notify",
    "restorative.accounts",
    "referrals",
    "meetings",
    "casework",
    "reports",
]
OUR_APPS = [app for app in OUR_APPS if (BASE_DIR / app.replace(".", "/") / "apps.py").exists()]

# Second factor and single sign-on enable more of allauth (docs/deploy.md).
SECOND_FACTOR = env.bool("SECOND_FACTOR", default=False)
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="")
OIDC_NAME = env.str("OIDC_NAME", default="your work account")
OIDC_PROVIDER_ID = "work"
if SECOND_FACTOR:
    OTHER_APPS += ["allauth.mfa"]
if OIDC_SERVER_URL:
    OTHER_APPS += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]

INSTALLED_APPS = [*OUR_APPS, *OTHER_APPS, *DJANGO_APPS]

MIDDLEWARE = [
    "restorative.middleware.RequestLog",
    "restorative.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "restorative.limits.BodyLimits",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "restorative.middleware.SessionEnd",
    "restorative.middleware.IdleLock",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "restorative.middleware.Policy",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "restorative.urls"
WSGI_APPLICATION = "restorative.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
FORM_RENDERER = "restorative.common.boundfield.GovukRenderer"
CRISPY_TEMPLATE_PACK = "govuk"
CRISPY_ALLOWED_TEMPLATE_PACKS = [CRISPY_TEMPLATE_PACK]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# ----------------------------------------------------------------------------------------------------
# Database

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'restorative.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    # Django's own settings lose writes under concurrency ("database is locked"); these do not.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;"
            f"PRAGMA synchronous={'OFF' if TESTING else 'NORMAL'};"
            "PRAGMA foreign_keys=ON;"
            "PRAGMA recursive_triggers=ON;"  # without it, INSERT OR REPLACE bypasses the ledger's triggers
        ),
    }
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "tests.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    _options.setdefault("connect_timeout", 5)
    # Every query here reads few rows by index, in 5 to 10 ms. To compile one would cost PostgreSQL 200 ms, to start
    # parallel workers for one 20 ms.
    _options.setdefault("options", "-c jit=off -c max_parallel_workers_per_gather=0")

# ----------------------------------------------------------------------------------------------------
# Celery: the broker carries ids and may lose or repeat them; the database decides.

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://localhost")
BROKER_IS_FILES = CELERY_BROKER_URL.startswith("filesystem:")
BROKER_DIR = DATA_DIR / "broker"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "processed_folder": str(BROKER_DIR / "taken"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.5,
    }
    if BROKER_IS_FILES
    else {"visibility_timeout": 3600, "socket_timeout": 10, "socket_connect_timeout": 5}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # never give up: the worker waits for its broker
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = True  # tasks are idempotent, and must not be lost with their worker
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_ENABLE_REMOTE_CONTROL = not BROKER_IS_FILES
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "Europe/London"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat")

# ----------------------------------------------------------------------------------------------------
# Cache: shared between processes, because allauth counts attempts in it.

CACHES = {
    "default": env.cache_url("CACHE_URL", default="locmemcache://" if TESTING else "dbcache://cache_entries")
}

# ----------------------------------------------------------------------------------------------------
# Messages to people

DELIVERY = "real" if PRODUCTION else "file"
OUTBOX_DIR = DATA_DIR / "outbox"
vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25" if PRODUCTION else "dummymail://"))
EMAIL_TIMEOUT = 10
# Neutral, because a sender shows on lock screens (checked in restorative/notify/checks.py).
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="no-reply@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# ----------------------------------------------------------------------------------------------------
# Signing in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

ACCOUNT_ADAPTER = "restorative.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = False  # a session ends with the browser: laptops are shared
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL
ACCOUNT_FORMS = {"login": "restorative.accounts.forms.SignInForm"}
# Sign-in attempts are counted in accounts/throttle.py; these limits could lock another user out.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Restorative Practice"
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION

SOCIALACCOUNT_ADAPTER = "restorative.accounts.adapter.SingleSignOnAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
if OIDC_SERVER_URL:
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": OIDC_PROVIDER_ID,
                    "name": OIDC_NAME,
                    "client_id": env.str("OIDC_CLIENT_ID"),
                    "secret": env.str("OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": OIDC_SERVER_URL},
                }
            ]
        }
    }

# ----------------------------------------------------------------------------------------------------
# Sessions, cookies and headers

SESSION_LASTS = timedelta(hours=12)  # after sign-in, even if in use
SESSION_LOCKS_AFTER = timedelta(minutes=15)  # without a request (middleware.IdleLock)
# Longer than SESSION_LASTS, so that a form submitted just after the end is saved (middleware.SessionEnd).
SESSION_COOKIE_AGE = int((SESSION_LASTS * 2).total_seconds())
_HOST = "__Host-" if PRODUCTION else ""
SESSION_COOKIE_NAME = f"{_HOST}session"
CSRF_COOKIE_NAME = f"{_HOST}csrf"
KNOWN_DEVICE_COOKIE_NAME = f"{_HOST}known-device"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "restorative.views.csrf_failure"

SECURE_SSL_REDIRECT = PRODUCTION and env.bool("SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz/$"]
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # the preload list is the domain owner's choice
# Not no-referrer: browsers would send `Origin: null` with every form, which the CSRF check refuses (ADR 7).
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

_FORM_ACTION = [SELF]
if OIDC_SERVER_URL:
    # Chromium applies form-action to the redirect after a form, too.
    _server = urlsplit(OIDC_SERVER_URL)
    _FORM_ACTION.append(f"{_server.scheme}://{_server.netloc}")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": _FORM_ACTION,
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# Long text must come back with a message beside its field, so the form has to receive it. limits.BodyLimits handles
# even longer bodies.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# ----------------------------------------------------------------------------------------------------
# Language, time and static files

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"] if (BASE_DIR / "static").is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ----------------------------------------------------------------------------------------------------
# Logs: JSON on stdout, with request id, user id and route name; never path, query or body.

LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING" if TESTING else "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "restorative.logs.JsonFormatter"}},
    "handlers": {
        "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        # These log the request's path; restorative/middleware.py logs instead.
        "django.request": {"handlers": ["nowhere"], "propagate": False},
        "django.server": {"handlers": ["nowhere"], "propagate": False},
        "django.security": {"handlers": ["nowhere"], "propagate": False},
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "gunicorn.access": {"handlers": ["nowhere"], "propagate": False},
        "gunicorn.error": {"handlers": ["stdout"], "level": "INFO", "propagate": False},
        "celery": {"level": "WARNING"},
        "celery.app.trace": {"handlers": ["nowhere"], "propagate": False},  # would quote an error's message
    },
}
