"""The project: wires the floors together; settings, addresses, workers, logs, health and the frame of the admin."""

from project.celery import app as celery_app

__all__ = ["celery_app"]
