"""URLs below `/payments/lyra/`."""

from django.urls import path

from shop.payments.providers.lyra import views

urlpatterns = [path("pay/<uuid:key>/", views.pay, name="lyra-pay")]
