from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0029_copied_of_people'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='order',
            index=models.Index(condition=models.Q(('blanked_at__isnull', True), ('paid_at__isnull', False)), fields=['paid_at'], name='shop_order_billing_kept'),
        ),
        AddIndexConcurrently(
            model_name='order',
            index=models.Index(condition=models.Q(('blanked_at__isnull', True), ('status__in', ('cancelled', 'expired'))), fields=['expires_at'], name='shop_order_ended_unpaid'),
        ),
        AddIndexConcurrently(
            model_name='orderunit',
            index=models.Index(condition=models.Q(('blank_when_done', True)), fields=['line'], name='shop_orderunit_to_blank'),
        ),
        ValidateConstraint(model_name='order', name='shop_order_closed_holds_nobody'),
        ValidateConstraint(model_name='order', name='shop_order_blanked_not_needed'),
    ]
