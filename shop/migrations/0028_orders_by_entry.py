from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0027_search_indexes'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='orderline',
            index=models.Index(fields=['entry', 'order'], name='shop_orderline_by_entry'),
        ),
    ]
