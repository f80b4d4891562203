"""The shop: project settings and commerce, the topmost floor."""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
