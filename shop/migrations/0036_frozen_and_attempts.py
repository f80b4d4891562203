from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0035_frozen_checked'),
        ('shop', '0035_payment_attempts'),
    ]

    operations = []
