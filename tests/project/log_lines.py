"""The log lines of production, written while a test runs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from project.logs import JsonLines

LOGGERS = ("", "shop.requests", "outbox", "outbox.jobs", "django", "django.request", "django.security", "celery")


class Lines(logging.Handler):
    """Handler that keeps each line as written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(self.format(record))

    def only(self, logger: str) -> dict:
        (line,) = [line for line in map(json.loads, self.text) if line["logger"] == logger]
        return line


@contextmanager
def log_lines() -> Iterator[Lines]:
    """Listen to every logger at INFO for the length of the block, as production does."""
    handler = Lines()
    heard = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger, logger.level, logger.propagate) for logger in heard]
    logging.getLogger().addHandler(handler)
    for logger in heard:
        logger.setLevel(logging.INFO)
        logger.propagate = True
    try:
        yield handler
    finally:
        logging.getLogger().removeHandler(handler)
        for logger, level, propagate in before:
            logger.setLevel(level)
            logger.propagate = propagate
