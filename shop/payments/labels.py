"""Names of the payment methods, filled as their providers are chosen."""

from common.labels import Labels

METHOD_LABELS = Labels()
