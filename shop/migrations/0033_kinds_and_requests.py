from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0032_kind_of_buyer_checked'),
        ('shop', '0032_payment_events_to_look_at'),
    ]

    operations = []
