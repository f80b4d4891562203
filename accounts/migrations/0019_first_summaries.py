from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

# Members of today hear for the first time on the Monday after the release, not on the day of it.
FROM_NEXT_WEEK = "UPDATE accounts_membership SET digest_week = date_trunc('week', now())::date"


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('accounts', '0018_mails_to_members'),
    ]

    operations = [
        migrations.RunSQL(FROM_NEXT_WEEK, migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name='membership',
            index=models.Index(fields=['digest_week'], name='accounts_membership_digest'),
        ),
    ]
