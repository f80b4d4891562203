"""Addresses of the sign-in: the shop's own views first, then allauth's."""

from django.urls import include, path

from accounts.sign_in import views as sign_in
from accounts.sign_in.second_factor import pages as factor
from accounts.sign_in.step_up import views as step_up

urlpatterns = [
    path("login/code/confirm/", sign_in.confirm_sign_in_code, name="account_confirm_login_code"),
    path("password/reset/confirm/", sign_in.confirm_password_reset_code, name="account_confirm_password_reset_code"),
    path("password/reset/complete/", sign_in.complete_password_reset, name="account_complete_password_reset"),
    path("reauthenticate/", step_up.by_password, name="account_reauthenticate"),
    path("reauthenticate/code/", step_up.by_mailed_code, name="account_reauthenticate_by_code"),
    path("2fa/reauthenticate/", step_up.by_code_of_app, name="mfa_reauthenticate"),
    path("2fa/webauthn/reauthenticate/", step_up.by_passkey, name="mfa_reauthenticate_webauthn"),
    path("2fa/authenticate/", factor.sign_in, name="mfa_authenticate"),
    path("2fa/totp/activate/", factor.activate_app, name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", factor.remove_app, name="mfa_deactivate_totp"),
    path("2fa/webauthn/add/", factor.add_passkey, name="mfa_add_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/remove/", factor.remove_passkey, name="mfa_remove_webauthn"),
    path("2fa/recovery-codes/", factor.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", factor.new_recovery_codes, name="mfa_generate_recovery_codes"),
    path("2fa/recovery-codes/download/", factor.recovery_codes_file, name="mfa_download_recovery_codes"),
    path("", include("allauth.urls")),
]
