"""Periodic tasks of the ledger, called by beat."""

from __future__ import annotations

from celery import shared_task

from billing.ledger.sealing import seal_batch


@shared_task(ignore_result=True)
def seal_entries() -> int:
    """Seal what has been posted, batch by batch; return the number of entries."""
    sealed = 0
    while count := seal_batch():
        sealed += count
    return sealed
