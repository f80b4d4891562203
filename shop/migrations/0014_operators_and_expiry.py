from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0013_units_by_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="expiry_failed_at",
            field=models.DateTimeField(help_text="When a broken handler last kept it from expiring.", null=True),
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="what",
            field=models.CharField(
                choices=[
                    ("placed", "order placed"),
                    ("method_chosen", "payment method chosen"),
                    ("paid", "payment received"),
                    ("declined", "payment declined"),
                    ("money_recorded", "money recorded, order unchanged"),
                    ("money_handled", "money dealt with"),
                    ("money_reopened", "money to deal with again"),
                    ("line_fulfilled", "line delivered"),
                    ("line_failed", "line failed"),
                    ("line_retried", "delivery tried again"),
                    ("completed", "order completed"),
                    ("claimed", "order claimed"),
                    ("operator_replaced", "operator replaced by an owner"),
                    ("units_given_back", "units given back"),
                    ("cancelled", "order cancelled"),
                    ("expired", "order expired unpaid"),
                    ("refunded", "everything given back"),
                ],
                max_length=20,
                verbose_name="what",
            ),
        ),
    ]
