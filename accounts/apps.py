from django.utils.translation import gettext_lazy as _

from common import floors


class AccountsConfig(floors.Floor):
    name = "accounts"
    verbose_name = _("Accounts")
    rooms = (
        "people",
        "people.delegation",
        "members",
        "members.history",
        "members.notices",
        "teams",
        "links",
        "sign_in",
        "browser_sessions",
        "rate_limits",
        "security_log",
        "staff",
        "second_person",
        "privacy",
    )

    def ready(self) -> None:
        super().ready()
        from accounts.links import purposes
        from accounts.members.history.deeds import deeds_of_members
        from accounts.members.history.sources import Source, add_source
        from accounts.members.navigation import AreaLink, add_area_link
        from accounts.members.open_invitations import open_invitations
        from accounts.members.rights import Right
        from accounts.members.waiting import Waiting, add_waiting
        from accounts.privacy import acts as acts_of_privacy
        from accounts.security_log import signals  # noqa: F401  connects its receivers
        from accounts.security_log.viewing import add_admin_pages, add_admin_search
        from accounts.staff import acts

        purposes.register()
        acts.register()
        acts_of_privacy.register()
        add_admin_pages("accounts.user", "accounts.customeraccount", "accounts.delegation", "accounts.addresslink")
        add_admin_pages("accounts.erasurerequest")
        add_admin_pages("accounts.approval", "outbox.mail", "outbox.job")
        add_admin_search("search", "autocomplete")
        add_source(Source("members", deeds_of_members, position=10))
        add_waiting(Waiting("open invitations", open_invitations, rights={Right.MANAGE_MEMBERS}, position=60))
        add_area_link(AreaLink("account-overview", _("Overview"), position=0))
        add_area_link(AreaLink("account-members", _("Members"), rights={Right.MANAGE_MEMBERS}, position=60))
        add_area_link(AreaLink("account-notices", _("Notifications"), position=67))
        add_area_link(AreaLink("account-details", _("Billing details"), rights={Right.MANAGE_ACCOUNT}, position=65))
        add_area_link(AreaLink("account-profile", _("Your name and language"), position=70, is_personal=True))
        add_area_link(AreaLink("account_email", _("E-mail address"), position=80, is_personal=True))
        add_area_link(AreaLink("account_change_password", _("Password"), position=81, is_personal=True))
        add_area_link(AreaLink("mfa_index", _("Second factor"), position=82, is_personal=True))
        add_area_link(AreaLink("account-browsers", _("Where you are signed in"), position=83, is_personal=True))
        add_area_link(AreaLink("account-data", _("Your data"), position=84, is_personal=True))
