"""Fields of the administration's forms, cleaned like those of every other form of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin.decimals import DECIMALS
from common.fields import AddressField, LineField

# The `formfield_overrides` of every page. Kinds of texts with a form field of their own are named, since Django takes
# the first kind that fits.
TYPED: Mapping[type[models.Field[Any, Any]], Mapping[str, Any]] = {
    **DECIMALS,
    models.CharField: {"form_class": LineField},
    models.EmailField: {"form_class": AddressField},
    models.SlugField: {"form_class": forms.SlugField, "widget": UnfoldAdminTextInputWidget},
    models.URLField: {"form_class": forms.URLField},
}
