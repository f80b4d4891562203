from outbox.admin.jobs import JobAdmin
from outbox.admin.mails import MailAdmin

__all__ = ["JobAdmin", "MailAdmin"]
