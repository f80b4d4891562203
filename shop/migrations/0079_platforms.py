import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0003_ubl_checked'),
        ('shop', '0078_look_of_papers_validated'),
    ]

    operations = [
        migrations.CreateModel(
            name='PlatformSettings',
            fields=[
            ],
            options={
                'verbose_name': 'approved platform',
                'verbose_name_plural': 'approved platforms',
                'ordering': ('pk',),
                'proxy': True,
                'default_permissions': ('view', 'change'),
                'indexes': [],
                'constraints': [],
            },
            bases=('shop.providersettings',),
        ),
        migrations.CreateModel(
            name='DocumentSending',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('platform', models.CharField(max_length=30, verbose_name='platform')),
                ('key', models.UUIDField(default=uuid.uuid4, verbose_name='key')),
                ('state', models.CharField(choices=[('waiting', 'to be sent'), ('sent', 'sent'), ('deposited', 'deposited'), ('received', 'received'), ('approved', 'approved'), ('refused', 'refused'), ('paid', 'paid')], db_default='waiting', default='waiting', max_length=9, verbose_name='state')),
                ('reference', models.CharField(blank=True, db_default='', default='', max_length=120, verbose_name='reference')),
                ('code', models.CharField(blank=True, db_default='', default='', max_length=20, verbose_name='status code')),
                ('reasons', models.CharField(blank=True, db_default='', default='', max_length=120, verbose_name='reasons')),
                ('asked_at', models.DateTimeField(verbose_name='to be sent since')),
                ('told_at', models.DateTimeField(null=True, verbose_name='last news')),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='sending', to='documents.document', verbose_name='document')),
            ],
            options={
                'verbose_name': 'document at the platform',
                'verbose_name_plural': 'documents at the platform',
                'ordering': ('-pk',),
                'default_permissions': ('view',),
                'indexes': [models.Index(condition=models.Q(('state', 'refused')), fields=['state'], name='shop_documentsending_refused')],
                'constraints': [models.UniqueConstraint(fields=('key',), name='shop_documentsending_key_once'), models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('platform', 'reference'), name='shop_documentsending_reference_once'), models.CheckConstraint(condition=models.Q(('state__in', ('waiting', 'sent', 'deposited', 'received', 'approved', 'refused', 'paid'))), name='shop_documentsending_state_known'), models.CheckConstraint(condition=models.Q(('state__in', ('waiting', 'refused')), models.Q(('reference', ''), _negated=True), _connector='OR'), name='shop_documentsending_sent_has_reference')],
            },
        ),
    ]
