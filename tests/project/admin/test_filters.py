"""Headings of the filters beside the administration's lists."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils.html import escape, strip_tags

from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def test_every_filter_has_a_heading_in_good_french():
    merchant = Client(headers={"accept-language": "fr"})
    merchant.force_login(UserFactory(is_staff=True, is_superuser=True, language="fr"))
    headed = 0
    for model, of_model in admin.site._registry.items():
        if not of_model.list_filter:
            continue
        page = merchant.get(reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"))
        text = re.sub(r"\s+", " ", strip_tags(page.content.decode()))
        for spec in page.context["cl"].filter_specs:
            title = re.sub(r"\s+", " ", str(escape(spec.title)))
            assert f"Par {title}" not in text, (model, title)
            headed += f"Filtre : {title}" in text
    assert headed > 20
