import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0006_unused_vectors'),
    ]

    operations = [
        migrations.AddField(
            model_name='exclusion',
            name='numbers',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None),
        ),
    ]
