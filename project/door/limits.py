"""Sizes and times up to which a request is taken in."""

from __future__ import annotations

import re

from django.conf import settings

KILOBYTE = 1024

# What load balancers ask.
PROBES = ("/healthz", "/readyz")
METRICS = "/metrics"
# Answered on capacity of their own: they tell of a busy process too.
APART = (*PROBES, METRICS)

HEAD_BYTES = 64 * KILOBYTE
# A picture (catalog.services.images), and the other fields of its form.
ADMIN_BYTES = 10 * 1024 * KILOBYTE
WEBHOOK_BYTES = 256 * KILOBYTE
WEBHOOK = re.compile(r"/payments/[^/]+/webhook/")

# From the first byte of a request to the end of its head.
HEAD_SECONDS = 10.0
# For a body, and one second more for each so many bytes that came: a slow line may go on, a still one may not.
BODY_SECONDS = 20.0
BYTES_PER_SECOND = 20 * KILOBYTE


def largest_body(path: str) -> int:
    """Return the number of bytes up to which the body of a request to this path is taken in."""
    if path.startswith("/admin/"):
        return ADMIN_BYTES
    if WEBHOOK.fullmatch(path):
        return WEBHOOK_BYTES
    # Django refuses longer forms anyway; uploads stand in the administration alone.
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or ADMIN_BYTES
