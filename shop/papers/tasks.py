"""Invoices that come by time, and the look that they need. Celery's beat calls this; a second run changes nothing."""

from celery import shared_task

from common.clock import database_now
from shop.papers.after_service import issue_after_service
from shop.papers.lacking import issue_lacking
from shop.seller.services import keep_logo_for_papers


@shared_task(ignore_result=True)
def issue_invoices_after_service() -> int:
    keep_logo_for_papers()
    now = database_now()
    return issue_after_service(now=now) + issue_lacking(now=now)
