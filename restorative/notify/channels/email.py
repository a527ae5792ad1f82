"""Email through the server in settings. An error that leaves open whether the message was sent is not caught: the
outbox then marks it uncertain and never retries it. EMAIL_TIMEOUT (10 s) is in settings."""

import smtplib
from contextlib import suppress

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from restorative.notify.channels import Letter, NotSent, Refused


def send(letter: Letter) -> str:
    """Send one email with our id as its Message-ID."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ") or "localhost"
    reference = f"<{letter.reference}@{domain}>"
    headers = {"Message-ID": reference, "Auto-Submitted": "auto-generated"}
    message = EmailMessage(letter.subject, letter.body, to=[letter.to], headers=headers)
    try:
        message.message()
    except ValueError as error:
        raise Refused("its address or subject is not a valid one") from error
    message.connection = get_connection()
    try:
        message.connection.open()
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent("the mail server could not be reached") from error
    try:
        message.send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        raise _answered(error) from None
    finally:
        # The result is known by now; an error while closing the connection changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            message.connection.close()
    return reference


def _answered(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException) -> Exception:
    """The server's refusal: 4xx allows a retry, 5xx does not. After the text was sent, any other error is uncertain."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = min(code for code, _ in error.recipients.values())
    else:
        code = error.smtp_code
    if 500 <= code < 600:
        return Refused("the mail server refused it")
    if 400 <= code < 500 or not isinstance(error, smtplib.SMTPDataError):
        return NotSent("the mail server said: later")
    return error
