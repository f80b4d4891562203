"""`response.context` of Django's test client holds the context of the page, and of no part of it.

Django copies a context for each included template and each widget as well. A page of the administration has a thousand
of them, and the copies took two fifths of the time that it took to make the page.
"""

from typing import Any

from django.template import Context, RequestContext, Template
from django.test import client

_store = client.store_rendered_templates  # type: ignore[attr-defined]


def store_page_context(
    store: dict[str, Any], signal: object, sender: object, template: Template, context: Context, **more: object
) -> None:
    """Store the context of a page; replaces Django's `store_rendered_templates`."""
    if isinstance(context, RequestContext) and context.template is template:
        _store(store, signal, sender, template, context, **more)
