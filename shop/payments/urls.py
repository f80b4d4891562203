"""URLs of the payment providers, below `/payments/`."""

from django.urls import include, path

from shop.payments import views as payments
from shop.payments.registry import known

urlpatterns = [
    path("<slug:provider>/webhook/", payments.webhook, name="payment-webhook"),
    path("<slug:provider>/return/<slug:token>/", payments.return_page, name="payment-return"),
    *(path(f"{one.name}/", include(one.urlconf)) for one in known() if one.urlconf),
]
