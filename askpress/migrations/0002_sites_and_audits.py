import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='site',
            name='mode',
            field=models.CharField(db_default='polling', max_length=10),
        ),
        migrations.AddField(
            model_name='site',
            name='polled_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='WebhookSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret', models.TextField(unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('retired_at', models.DateTimeField(null=True)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='askpress.site')),
            ],
        ),
        migrations.CreateModel(
            name='Audit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proof', models.CharField(max_length=10)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('verdict', models.CharField(choices=[('equal', 'Equal'), ('differs', 'Differs'), ('incomplete', 'Incomplete')], default='', max_length=10)),
                ('sets', models.JSONField(default=dict)),
                ('site_digest', models.CharField(default='', max_length=64)),
                ('index_digest', models.CharField(default='', max_length=64)),
                ('reason', models.TextField(default='')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='askpress.site')),
            ],
            options={
                'indexes': [models.Index(fields=['site', '-started_at'], name='audit_latest')],
            },
        ),
        migrations.CreateModel(
            name='Term',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('taxonomy', models.CharField(max_length=10)),
                ('term_id', models.BigIntegerField()),
                ('name', models.TextField()),
                ('slug', models.TextField(default='')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='askpress.site')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('site'), models.F('taxonomy'), models.F('term_id'), name='term_of_site')],
            },
        ),
    ]
