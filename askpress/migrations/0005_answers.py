import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0004_index_versions'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='daily_budget_usd',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='site',
            name='answer_cache_seconds',
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name='site',
            name='daily_budget_usd',
            field=models.FloatField(null=True),
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('key', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('question', models.TextField(db_default='')),
                ('conversation', models.CharField(db_default='', max_length=64)),
                ('follow_up', models.BooleanField(db_default=False)),
                ('language', models.CharField(max_length=20)),
                ('code', models.CharField(db_default='', max_length=40)),
                ('degraded', models.CharField(db_default='', max_length=40)),
                ('model', models.TextField()),
                ('made_with', models.JSONField()),
                ('passages', models.JSONField()),
                ('checks', models.JSONField()),
                ('usage', models.JSONField()),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='askpress.site')),
            ],
            options={
                'indexes': [models.Index(models.F('created_at'), name='answer_age'), models.Index(models.F('site'), models.F('conversation'), models.F('created_at'), condition=models.Q(('conversation', ''), _negated=True), name='answer_conversation')],
            },
        ),
        migrations.CreateModel(
            name='Spend',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('key', models.BigIntegerField(null=True)),
                ('usd', models.FloatField(db_default=0.0)),
                ('calls', models.IntegerField(db_default=0)),
                ('site', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='askpress.site')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('day'), models.F('site'), models.F('key'), name='spend_of_day', nulls_distinct=False)],
            },
        ),
    ]
