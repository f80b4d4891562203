"""Addresses of the sign-in: the shop's own views first, then allauth's."""

from django.urls import include, path

from accounts.sign_in import views as sign_in

urlpatterns = [
    path("login/code/confirm/", sign_in.confirm_sign_in_code, name="account_confirm_login_code"),
    path("password/reset/confirm/", sign_in.confirm_password_reset_code, name="account_confirm_password_reset_code"),
    path("password/reset/complete/", sign_in.complete_password_reset, name="account_complete_password_reset"),
    path("", include("allauth.urls")),
]
