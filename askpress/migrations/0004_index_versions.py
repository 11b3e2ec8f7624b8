from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0003_site_contents'),
    ]

    operations = [
        migrations.AddField(
            model_name='indexed',
            name='content',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='indexversion',
            name='ann',
            field=models.CharField(db_default='hnsw', max_length=10),
        ),
        migrations.AddField(
            model_name='indexversion',
            name='ann_rows',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='indexversion',
            name='ef_search',
            field=models.IntegerField(db_default=80),
        ),
        migrations.AddField(
            model_name='indexversion',
            name='error',
            field=models.TextField(db_default=''),
        ),
        migrations.AddField(
            model_name='indexversion',
            name='max_cost',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='indexversion',
            name='probes',
            field=models.IntegerField(db_default=1),
        ),
        migrations.AddField(
            model_name='indexversion',
            name='recall',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='indexversion',
            name='retired_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='indexversion',
            name='tokens',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='indexversion',
            name='unattended',
            field=models.BooleanField(db_default=False),
        ),
        migrations.AlterField(
            model_name='indexversion',
            name='state',
            field=models.CharField(choices=[('building', 'Building'), ('live', 'Live'), ('retired', 'Retired'), ('dropping', 'Dropping')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='indexversion',
            constraint=models.UniqueConstraint(models.F('state'), condition=models.Q(('state', 'building')), name='index_version_one_building'),
        ),
        migrations.AddConstraint(
            model_name='indexversion',
            constraint=models.UniqueConstraint(models.F('state'), condition=models.Q(('state', 'retired')), name='index_version_one_retired'),
        ),
    ]
