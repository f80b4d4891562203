"""Settings of the sign-in: django-allauth with the e-mail as identity and mandatory proof of it."""

AUTH_USER_MODEL = "accounts.User"
# allauth's backend alone: ModelBackend in front of it would look addresses up past their index.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.sign_in.names_in_passwords.NamesValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "accounts.sign_in.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.forms.SignInForm",
    "signup": "accounts.sign_in.forms.SignUpForm",
    "request_login_code": "accounts.sign_in.forms.RequestSignInCodeForm",
    "confirm_login_code": "accounts.sign_in.forms.SignInCodeForm",
    "confirm_email_verification_code": "accounts.sign_in.forms.AddressCodeForm",
    "reset_password": "accounts.sign_in.forms.RequestPasswordResetForm",
    "confirm_password_reset_code": "accounts.sign_in.forms.PasswordResetCodeForm",
    "reset_password_from_key": "accounts.sign_in.forms.NewPasswordForm",
    "change_password": "accounts.sign_in.forms.ChangePasswordForm",
    "set_password": "accounts.sign_in.forms.SetPasswordForm",
    "add_email": "accounts.sign_in.forms.ChangeAddressForm",
    "reauthenticate": "accounts.sign_in.forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
# Seconds. Mails go out through the outbox, and some mailboxes are slow.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_TIMEOUT = 20 * 60
ACCOUNT_PREVENT_ENUMERATION = True
# Strangers still get no mail: our adapter drops this mail and spends the time an ordinary mail takes.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True

# Seconds. A person's requests are noted so often at most, for their own list of where they are signed in.
SESSION_SEEN_EVERY = 3 * 60
# Seconds after which staff sign in again: without a request, and at most.
STAFF_SESSION_IDLE = 30 * 60
STAFF_SESSION_AGE = 12 * 3600

MFA_ADAPTER = "accounts.sign_in.second_factor.factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.sign_in.forms.SecondFactorForm",
    "reauthenticate": "accounts.sign_in.forms.SecondFactorAgainForm",
    "activate_totp": "accounts.sign_in.forms.ActivateSecondFactorForm",
    "authenticate_webauthn": "accounts.sign_in.forms.PasskeyForm",
    "reauthenticate_webauthn": "accounts.sign_in.forms.PasskeyAgainForm",
    "login_webauthn": "accounts.sign_in.forms.PasskeyLoginForm",
    "add_webauthn": "accounts.sign_in.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.sign_in.forms.RenamePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Amphi"
# A telephone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
