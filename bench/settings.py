"""The settings of the product, with Django admin and the floor's pages beside it. Only the benchmark uses these."""

from datetime import timedelta

from restorative.settings import *  # noqa: F403
from restorative.settings import BASE_DIR, DATABASES, INSTALLED_APPS, STATIC_ROOT, TEMPLATES

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin.apps.SimpleAdminConfig"]
ROOT_URLCONF = "bench.urls"
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates", BASE_DIR / "bench" / "templates"]
# A query that PostgreSQL spreads over several processes costs what all of them use: one process can be measured.
DATABASES["default"]["OPTIONS"]["options"] += " -c max_parallel_workers_per_gather=0"

# A run may take longer than a session does.
SESSION_LOCKS_AFTER = SESSION_LASTS = timedelta(days=2)

STATIC_ROOT.mkdir(parents=True, exist_ok=True)
