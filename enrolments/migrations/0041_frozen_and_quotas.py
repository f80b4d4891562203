from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('enrolments', '0039_frozen_checked'),
        ('enrolments', '0040_expired_seats_revoked'),
    ]

    operations = []
