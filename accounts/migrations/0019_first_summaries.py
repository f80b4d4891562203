import datetime

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

BATCH = 1_000


def from_next_week(apps, schema_editor):
    """Members of today hear for the first time on the Monday after the release, not on the day of it."""
    Membership = apps.get_model('accounts', 'Membership')
    today = datetime.datetime.now(datetime.UTC).date()
    monday = today - datetime.timedelta(days=today.weekday())
    last = 0
    while keys := list(Membership.objects.filter(pk__gt=last).order_by('pk').values_list('pk', flat=True)[:BATCH]):
        Membership.objects.filter(pk__in=keys).update(digest_week=monday)
        last = keys[-1]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('accounts', '0018_mails_to_members'),
    ]

    operations = [
        migrations.RunPython(from_next_week, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name='membership',
            index=models.Index(fields=['digest_week'], name='accounts_membership_digest'),
        ),
        ValidateConstraint(model_name='membership', name='accounts_membership_digest_week_is_a_monday'),
    ]
