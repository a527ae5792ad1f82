"""The id of the current request or task, readable anywhere in the code.
No personal data belongs here."""

from contextvars import ContextVar

# Set by restorative.middleware.RequestLog and by Celery's task signals; empty in a shell or a command.
request_id: ContextVar[str] = ContextVar("request_id", default="")
