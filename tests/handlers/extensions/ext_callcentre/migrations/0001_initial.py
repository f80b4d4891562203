from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_id", models.BigIntegerField()),
                ("unit", models.PositiveIntegerField()),
                ("phone", models.CharField(max_length=30)),
                ("reference", models.CharField(blank=True, db_default="", default="", max_length=60)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("line_id", "unit"), name="ext_callcentre_call_once"),
                ],
            },
        ),
    ]
