"""Which faults of sending a mail pass, and which stay however often it is tried."""

from smtplib import SMTPRecipientsRefused

PERMANENT = 500  # replies of mail servers from here on say "never"

# What composing and sending may raise; the errors of smtplib are OSErrors. A header with a line
# break and an address that is none are ValueErrors, a mail stored in another shape a TypeError.
MAIL_FAULTS = (OSError, ValueError, TypeError)


def is_final(error: BaseException) -> bool:
    """Whether another try cannot help: it cannot be written, or nobody has its address."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= PERMANENT for code, _ in error.recipients.values())
    return not isinstance(error, OSError)


def reason_of(error: BaseException) -> str:
    """Return why a mail is given up, for the operator: without what the mail says or to whom."""
    kind = type(error).__name__
    if isinstance(error, SMTPRecipientsRefused):
        return f"the mail server knows no such address ({kind})"
    return f"it cannot be written ({kind})" if is_final(error) else f"tried too often ({kind})"
