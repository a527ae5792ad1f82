"""How gunicorn serves the application, in production and in `make run`. WEB_CONCURRENCY sets the processes."""

import os

from restorative.boot import load_settings

load_settings(exit_code=3)

from django.conf import settings  # noqa: E402

wsgi_app = "restorative.wsgi"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{settings.PORT}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
preload_app = True
timeout = 60
graceful_timeout = 3 if not settings.PRODUCTION else 20
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True  # its default place is shared by every gunicorn of this user
accesslog = None  # it would write addresses; restorative/middleware.py writes a line for each request
logconfig_dict = settings.LOGGING
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
