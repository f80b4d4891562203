"""Periodic tasks of approved platforms, called by beat. A second run changes nothing."""

from __future__ import annotations

from celery import shared_task

from common.clock import database_now
from shop.papers.platforms.services import ask_for_news, choose_documents, look_up_again


@shared_task(ignore_result=True)
def send_documents() -> int:
    now = database_now()
    return choose_documents(now=now) + look_up_again(now=now)


@shared_task(ignore_result=True)
def ask_platforms() -> bool:
    return ask_for_news(now=database_now())
