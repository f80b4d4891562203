from django.utils.translation import gettext_lazy as _

from common import floors


class OutboxConfig(floors.Floor):
    name = "outbox"
    verbose_name = _("Outbox")
    rooms = ("jobs", "mails")
