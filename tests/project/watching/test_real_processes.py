"""Real processes send what watches them reports of errors, in which nobody is named."""

from tests.patience import PATIENCE_SECONDS
from tests.running_shop import RunningShop

# What is typed and kept; spans of the demo's mails are sent beside the report.
ADDRESS = "helene@lacombe.example"
TYPED = ("helene", "hélène", "lacombe", "quibolle")
BROKEN_JOB = f"""
from outbox.jobs.doorbell import ring_on_commit
from outbox.jobs.models import Job
payload = {{"mail_id": 0, "name": "Hélène Quibolle"}}
Job.objects.create(kind="send_mail", key="{ADDRESS}", payload=payload, max_attempts=1)
ring_on_commit()
"""


def test_an_error_of_the_worker_is_reported_without_what_was_typed(running_shop: RunningShop):
    running_shop.manage("shell", "-c", BROKEN_JOB)

    running_shop.watcher.wait_for(b"DoesNotExist", b"send_mail", seconds=PATIENCE_SECONDS)

    assert {path for path, _body in running_shop.watcher.received} <= {"/v1/traces", "/api/1/envelope/"}
    names_nobody(running_shop)


def names_nobody(shop: RunningShop) -> None:
    told = shop.watcher.bodies().lower()
    assert [word for word in TYPED if word.encode() in told] == []
