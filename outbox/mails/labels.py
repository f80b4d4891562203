"""Names of the kinds of mails, filled as kinds are registered."""

from common.labels import Labels

MAIL_KIND_LABELS = Labels()
