"""The root of everything this floor refuses; each refusal itself stands beside the service that raises it."""

from common.refusals import Refused


class EnrolmentRefused(Refused):
    """Somebody asked for what cannot be done. `message` is a lazy, translated sentence for him; nothing was written."""
