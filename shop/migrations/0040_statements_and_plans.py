from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0039_bank_statements'),
        ('shop', '0039_planned'),
    ]

    operations = []
