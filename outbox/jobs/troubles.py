"""Troubles of jobs in words, for the merchant."""

from __future__ import annotations

from django.utils.translation import gettext as _

from common.registry import Unregistered
from outbox.jobs.models import Job
from outbox.jobs.registry import JOB_KINDS


def trouble_of(job: Job) -> str:
    """Return the last line of a job's error in at most 200 letters, "" for none; of a kind that is unknown, a
    sentence."""
    if job.state != Job.State.DONE and is_unknown(job):
        return _(
            "Nothing knows how to run a job of the kind “%(kind)s”: the extension that it belongs to is not installed, "
            "or could not be loaded. Mend it, then run the job again."
        ) % {"kind": job.kind}
    return job.last_error.strip().rpartition("\n")[2][:200]


def is_unknown(job: Job) -> bool:
    """Tell whether no kind of jobs is registered under the name of the job's kind."""
    try:
        JOB_KINDS.get(job.kind)
    except Unregistered:
        return True
    return False
