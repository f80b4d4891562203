"""Names of the kinds of jobs, and of the services outside that jobs call, filled as they are registered."""

from common.labels import Labels

JOB_KIND_LABELS = Labels()
SERVICE_LABELS = Labels()
