"""URLs of the imaginary bank, below `/payments/sandbox/`."""

from django.urls import path

from shop.payments.providers.sandbox import views

urlpatterns = [path("pay/<slug:token>/", views.pay, name="sandbox-pay")]
