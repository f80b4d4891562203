from django.db import models


class Call(models.Model):
    """Call that the call centre is to make, one per unit."""

    line_id = models.BigIntegerField()
    unit = models.PositiveIntegerField()
    phone = models.CharField(max_length=30)
    reference = models.CharField(max_length=60, blank=True, default="", db_default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["line_id", "unit"], name="ext_callcentre_call_once"),)

    def __str__(self) -> str:
        return f"{self.line_id}/{self.unit}"
