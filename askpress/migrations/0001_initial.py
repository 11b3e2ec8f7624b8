import django.contrib.postgres.fields
import django.db.models.deletion
import pgvector.django
import pgvector.django.halfvec
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        pgvector.django.VectorExtension(),
        migrations.RunSQL("CREATE SEQUENCE askpress_content_version", "DROP SEQUENCE askpress_content_version"),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.TextField()),
                ('prefix', models.CharField(max_length=8)),
                ('hash', models.BinaryField(unique=True)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('sites', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Embedding',
            fields=[
                ('key', models.BinaryField(primary_key=True, serialize=False)),
                ('vector', pgvector.django.halfvec.HalfVectorField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=60, unique=True)),
                ('url', models.TextField()),
                ('api_root', models.TextField(default='')),
                ('title', models.TextField(default='')),
                ('language', models.CharField(default='', max_length=20)),
                ('instance', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('corpus_version', models.BigIntegerField(default=0)),
                ('reconciled_at', models.DateTimeField(null=True)),
                ('alarm', models.TextField(default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='IndexVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('building', 'Building'), ('live', 'Live'), ('retired', 'Retired')], max_length=10)),
                ('provider', models.TextField()),
                ('model', models.TextField()),
                ('dimensions', models.IntegerField()),
                ('chunk_tokens', models.IntegerField()),
                ('overlap_tokens', models.IntegerField()),
                ('cleaner', models.IntegerField()),
                ('chunker', models.IntegerField()),
                ('terms', models.IntegerField()),
                ('mean_lexemes', models.FloatField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('live_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('state'), condition=models.Q(('state', 'live')), name='index_version_one_live')],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('post_id', models.BigIntegerField()),
                ('type', models.TextField()),
                ('url', models.TextField(default='')),
                ('slug', models.TextField(default='')),
                ('title', models.TextField(default='')),
                ('language', models.CharField(default='', max_length=20)),
                ('author', models.BigIntegerField(default=0)),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('published_at', models.DateTimeField(null=True)),
                ('modified_at', models.DateTimeField(null=True)),
                ('source', models.BinaryField(default=b'')),
                ('source_checksum', models.CharField(default='', max_length=64)),
                ('text', models.TextField(default='')),
                ('version', models.BigIntegerField(default=0)),
                ('gone_at', models.DateTimeField(null=True)),
                ('evidence', models.TextField(default='')),
                ('note', models.CharField(default='', max_length=20)),
                ('error', models.TextField(default='')),
                ('attempts', models.IntegerField(default=0)),
                ('read_at', models.DateTimeField(null=True)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='askpress.site')),
            ],
        ),
        migrations.CreateModel(
            name='SyncRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('total', models.IntegerField(null=True)),
                ('done', models.IntegerField(default=0)),
                ('added', models.IntegerField(default=0)),
                ('changed', models.IntegerField(default=0)),
                ('unchanged', models.IntegerField(default=0)),
                ('removed', models.IntegerField(default=0)),
                ('failed', models.IntegerField(default=0)),
                ('tokens', models.BigIntegerField(default=0)),
                ('reused', models.IntegerField(default=0)),
                ('details', models.JSONField(default=dict)),
                ('error', models.TextField(default='')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='askpress.site')),
            ],
        ),
        migrations.CreateModel(
            name='Indexed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('checksum', models.CharField(max_length=64)),
                ('chunks', models.IntegerField()),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='askpress.document')),
                ('index_version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='askpress.indexversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('index_version'), models.F('document'), name='indexed_document')],
            },
        ),
        migrations.CreateModel(
            name='Chunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.IntegerField()),
                ('public_id', models.CharField(max_length=32)),
                ('text', models.TextField()),
                ('headings', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('anchor', models.TextField(default='')),
                ('start', models.IntegerField()),
                ('end', models.IntegerField()),
                ('fresh', models.IntegerField()),
                ('token_count', models.IntegerField()),
                ('document', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='askpress.document')),
                ('index_version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='askpress.indexversion')),
            ],
            options={
                'indexes': [models.Index(models.F('public_id'), name='chunk_public_id')],
                'constraints': [models.UniqueConstraint(models.F('document'), models.F('index_version'), models.F('position'), name='chunk_position'), models.CheckConstraint(condition=models.Q(('start__lte', models.F('fresh')), ('fresh__lt', models.F('end'))), name='chunk_slice')],
            },
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(models.F('version'), name='document_version'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(models.F('site'), models.F('url'), name='document_url'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(models.F('gone_at'), condition=models.Q(('gone_at__isnull', False)), name='document_gone'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(models.F('site'), models.F('post_id'), name='document_site_post'),
        ),
        migrations.AddIndex(
            model_name='syncrun',
            index=models.Index(fields=['site', '-started_at'], name='sync_run_latest'),
        ),
    ]
