from __future__ import annotations

import factory

from outbox.jobs.models import Job
from outbox.mails.models import Mail


class JobFactory(factory.django.DjangoModelFactory):
    """Job that is due, of a kind that is not registered unless `kind` names one."""

    class Meta:
        model = Job

    kind = "errand"
    key = factory.Sequence(lambda n: f"errand:{n}")
    max_attempts = 8


class MailFactory(factory.django.DjangoModelFactory):
    """Queued mail without its job."""

    class Meta:
        model = Mail

    kind = "greeting"
    key = factory.Sequence(lambda n: f"greeting:{n}")
    message_id = factory.Sequence(lambda n: f"<{n}@testserver>")
    recipient = "alice@example.org"
    language = "en"
