"""What is known about the work in hand, wherever in the code it is asked for: the id of the request or task.
Nothing about people belongs here."""

from contextvars import ContextVar

# Set by restorative.middleware.RequestLog and by Celery's task signals; empty in a shell or a command.
request_id: ContextVar[str] = ContextVar("request_id", default="")
