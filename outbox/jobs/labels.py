"""Names of the kinds of jobs, filled as kinds are registered."""

from common.labels import Labels

JOB_KIND_LABELS = Labels()
