from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from common.search import Normalised, Words


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('accounts', '0009_roles_and_second_person'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='addresslink',
            index=GinIndex(Words(Normalised('email')), name='accounts_link_words'),
        ),
        AddIndexConcurrently(
            model_name='customeraccount',
            index=GinIndex(Words('search_text'), name='accounts_account_words'),
        ),
        AddIndexConcurrently(
            model_name='delegation',
            index=GinIndex(Words('search_text'), name='accounts_delegation_words'),
        ),
        AddIndexConcurrently(
            model_name='delegation',
            index=models.Index(fields=['email'], name='accounts_delegation_by_email'),
        ),
        AddIndexConcurrently(
            model_name='user',
            index=GinIndex(Words('search_text'), name='accounts_user_words'),
        ),
    ]
