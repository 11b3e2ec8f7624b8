import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0002_sites_and_audits'),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='image',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='document',
            name='image_alt',
            field=models.TextField(db_default=''),
        ),
        migrations.AddField(
            model_name='document',
            name='image_url',
            field=models.TextField(db_default=''),
        ),
        migrations.AddField(
            model_name='document',
            name='language_source',
            field=models.CharField(db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='document',
            name='noindex',
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name='document',
            name='translation_group',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='site',
            name='freshness_seconds',
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name='site',
            name='language_source',
            field=models.TextField(db_default=''),
        ),
        migrations.AddField(
            model_name='site',
            name='noindex_source',
            field=models.TextField(db_default=''),
        ),
        migrations.AddField(
            model_name='site',
            name='polled_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='site',
            name='post_types',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None),
        ),
        migrations.AddField(
            model_name='site',
            name='wordpress_password',
            field=models.TextField(db_default=''),
        ),
        migrations.AddField(
            model_name='site',
            name='wordpress_user',
            field=models.TextField(db_default=''),
        ),
        migrations.CreateModel(
            name='Exclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('url', 'Url'), ('category', 'Category'), ('post', 'Post')], max_length=10)),
                ('value', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='askpress.site')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('site'), models.F('kind'), models.F('value'), name='exclusion_of_site')],
            },
        ),
    ]
