"""URLs below `/payments/gocardless/`."""

from django.urls import path

from shop.payments.providers.gocardless import views

urlpatterns = [path("page/<uuid:key>/", views.page, name="gocardless-page")]
