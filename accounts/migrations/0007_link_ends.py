from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('accounts', '0006_security_log'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='addresslink',
            index=models.Index(fields=['expires_at'], name='accounts_addresslink_ends'),
        ),
    ]
