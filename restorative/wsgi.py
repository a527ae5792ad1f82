"""The web application, for gunicorn. Settings that are wrong stop the server instead of being tried again."""

from restorative.boot import load_settings

load_settings(exit_code=3)  # gunicorn gives up on 3 and restarts a worker on anything else

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
