from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0081_book_exports'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='statementline',
            index=models.Index(fields=['-booked_on', '-id'], name='shop_statementline_day'),
        ),
    ]
