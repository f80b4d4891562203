from django.db import migrations

import accounts.people.models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_link_ends'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='session_stamp',
            field=accounts.people.models.SessionStampField(blank=True, db_default='', default='', editable=False, max_length=32),
        ),
    ]
