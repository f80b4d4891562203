from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('outbox', '0008_mail_texts'),
    ]

    operations = [
        ValidateConstraint(
            model_name='mail',
            name='outbox_mail_waiting_has_its_text',
        ),
        AddIndexConcurrently(
            model_name='mail',
            index=models.Index(condition=models.Q(('forgotten_at__isnull', True)), fields=['created_at'], name='outbox_mail_with_text'),
        ),
        AddIndexConcurrently(
            model_name='mail',
            index=models.Index(condition=models.Q(('forgotten_at__isnull', False)), fields=['created_at'], name='outbox_mail_forgotten'),
        ),
    ]
