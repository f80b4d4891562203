from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import purposes
        from accounts.navigation import AreaLink, add_area_link
        from accounts.rights import Right

        purposes.register()
        add_area_link(AreaLink("account-home", _("Overview"), position=0))
        add_area_link(AreaLink("account-members", _("Members"), rights={Right.MANAGE_MEMBERS}, position=60))
        add_area_link(AreaLink("account-details", _("Details and language"), position=70))
        add_area_link(AreaLink("account_email", _("E-mail address"), position=80))
        add_area_link(AreaLink("account_change_password", _("Password"), position=81))
        add_area_link(AreaLink("mfa_index", _("Second factor"), position=82))
