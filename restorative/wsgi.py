"""The web application, for gunicorn. Invalid settings stop the server instead of restarting it."""

from restorative.boot import load_settings

load_settings(exit_code=3)  # gunicorn stops at exit code 3 and restarts a worker at any other

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
