from outbox.models.jobs import Job
from outbox.models.mails import Mail

__all__ = ["Job", "Mail"]
