import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0023_places_of_unproved_orders'),
    ]

    operations = [
        # Carts that are there count as changed now.
        migrations.AddField(
            model_name='cart',
            name='changed_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='Last change; carts left behind are deleted by it.'),
        ),
    ]
