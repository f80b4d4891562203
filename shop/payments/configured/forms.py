"""Form of a payment method in the administration: whether it is offered, and the keys that its provider declares."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from common.moments import in_shop_zone
from shop.payments.configured.declared import SettingsForm
from shop.payments.configured.models import ProviderSettings
from shop.payments.configured.services import completed

KEYS_SAVED = "keys_saved"


class MethodForm(forms.ModelForm):
    """Settings of a method. Subclasses made for a provider have its fields, of which `declared` says which are secret.

    `keys_saved` is the moment of the keys that the page knew of, so that nobody replaces others unseen.
    """

    use_required_attribute = False
    declared: ClassVar[type[SettingsForm] | None] = None

    class Meta:
        model = ProviderSettings
        fields = ("offer",)
        help_texts = {
            "offer": gettext_lazy(
                "A method that is not offered still hears of the payments made by it, and sends money back."
            ),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.declared is None or self.instance.pk is None:
            return
        self.initial.update(self.shown_keys(self.instance))
        for name in self.declared.secrets:
            if name in self.fields and self.instance.keys_at:
                self.fields[name].help_text = _("Kept, and shown to nobody. Leave it empty to keep it.")

    def shown_keys(self, row: ProviderSettings) -> dict[str, str]:
        """Return the saved values that are no secret, with the moment at which all were saved."""
        at = row.keys_at
        return {KEYS_SAVED: f"{in_shop_zone(at):%Y-%m-%d %H:%M:%S}" if at else "", **row.plain}

    def shown_values(self, row: ProviderSettings) -> dict[str, Any]:
        """Return the values that the form shows, for the note of what it was made from."""
        shown: dict[str, Any] = super().shown_values(row)  # type: ignore[misc]  # of `MadeFrom`, put before this class
        if self.declared is None:
            return shown
        return shown | {name: value for name, value in self.shown_keys(row).items() if name in self.fields}

    def typed(self) -> dict[str, str]:
        """Return what was typed of the provider's own fields."""
        names = self.declared.base_fields if self.declared else ()
        return {name: self.cleaned_data.get(name, "") for name in names}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.declared is None or self.errors:
            return cleaned
        values = completed(self.declared, self.instance, self.typed())
        if values is not None:
            for name, errors in self.declared(values).errors.items():
                for error in errors:
                    self.add_error(name if name in self.fields else None, error)
        return cleaned


def form_for(declared: type[SettingsForm] | None, base: type[MethodForm] = MethodForm) -> type[MethodForm]:
    """Make the form of a service that declares these settings, on the form of its kind."""
    if declared is None:
        return base
    fields: dict[str, Any] = {name: _shown(name, field, declared) for name, field in declared.base_fields.items()}
    fields[KEYS_SAVED] = forms.CharField(
        label=gettext_lazy("Keys saved"),
        required=False,
        help_text=gettext_lazy("The shop notes here when keys were last saved. Empty: never."),
        widget=UnfoldAdminTextInputWidget({"readonly": True}),
    )
    return type("ProviderForm", (base,), {**fields, "declared": declared})


def _shown(name: str, field: forms.Field, declared: type[SettingsForm]) -> forms.Field:
    """Return a provider's field as the administration shows it: any may stay empty, a secret is never filled in."""
    shown = deepcopy(field)
    shown.required = False
    if name in declared.secrets:
        shown.widget = UnfoldAdminPasswordWidget({"autocomplete": "new-password"}, render_value=False)
    elif isinstance(shown, forms.ChoiceField):
        choices = [("", "–"), *shown.choices]  # type: ignore[misc]  # a list of pairs
        shown.widget = UnfoldAdminSelectWidget()
        shown.choices = choices
    else:
        shown.widget = UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"})
    return shown
