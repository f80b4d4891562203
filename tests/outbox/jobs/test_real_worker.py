"""A real worker, a real beat, a real Redis."""

import urllib.request

import pytest

from tests.patience import PATIENCE_SECONDS, wait_until
from tests.running_shop import RunningShop

# A mail that was sent already, so that the job is done without sending.
RECORD_MAIL = """
from django.utils import timezone
from outbox.mails.models import Mail
from outbox.jobs.services import enqueue
mail = Mail.objects.create(
    kind="greeting", key="real worker {name}", message_id="<{name}@testserver>", recipient="alice@example.org",
    language="en", state="sent", sent_at=timezone.now(),
)
"""
RING = """
enqueue(kind="send_mail", key="real worker {name}", payload={{"mail_id": mail.pk}})
"""
DO_NOT_RING = """
from outbox.jobs.models import Job
Job.objects.create(kind="send_mail", key="real worker {name}", payload={{"mail_id": mail.pk}}, max_attempts=8)
"""


@pytest.mark.parametrize(("name", "how"), [("rung", RING), ("overdue", DO_NOT_RING)], ids=["bell", "beat"])
def test_a_job_is_run_by_the_bell_or_by_beats_round(running_shop: RunningShop, name, how):
    running_shop.manage("shell", "-c", (RECORD_MAIL + how).format(name=name))

    def job() -> dict:
        return running_shop.rows("SELECT state, attempts FROM outbox_job WHERE key = %s", f"real worker {name}")[0]

    wait_until(lambda: job()["state"] == "done", told=job)
    assert job()["attempts"] == 1


def test_the_page_of_mails_answers(running_shop: RunningShop):
    with urllib.request.urlopen(f"{running_shop.base_url}/dev/mail/", timeout=PATIENCE_SECONDS) as answer:
        assert answer.status == 200
