"""The storefront over HTTP, without JavaScript, in English unless a test says otherwise."""

from __future__ import annotations

import pytest
from django.test import Client

from catalog.models.entries import Entry
from shop.seller.models import LegalText
from tests.factories.catalog import EntryFactory
from tests.shop.steps import english_client


@pytest.fixture
def visitor(db: None) -> Client:
    """Return a browser without a user."""
    return english_client()


@pytest.fixture
def entry(db: None) -> Entry:
    """Make an entry without delivery at 100.00 net each, 80.00 from ten on, with 20 % tax."""
    return EntryFactory(code="CHAIR", name_en="Chair", name_fr="Chaise", tiers={1: "100.00", 10: "80.00"})


@pytest.fixture
def entry_with_forms(diary: object, db: None) -> Entry:
    """Make an entry that asks for a name per unit."""
    return EntryFactory(code="FORMS", name_en="Session", handler="std_formprobe", tiers={1: "100.00"})


@pytest.fixture
def terms(db: None) -> LegalText:
    from django.utils import timezone

    return LegalText.objects.create(kind="terms", version=1, body_en="Be kind.", published_at=timezone.now())
