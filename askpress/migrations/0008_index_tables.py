from django.db import migrations

# An index version's tables are no models: they are made with it (retrieval/tables.py). Those of another shape can be
# neither searched nor written, so they go; the next sync fills a new version, with the vectors that were kept.
_UNFIT = """
UPDATE askpress_indexversion SET state = 'dropping'
WHERE state <> 'dropping' AND (
    SELECT count(*) FROM pg_attribute
    WHERE attname = 'document_id' AND NOT attisdropped AND attrelid IN (
        to_regclass('vector_' || id), to_regclass('sketch_' || id), to_regclass('term_' || id)
    )
) < 3
"""


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0007_excluded_categories'),
    ]

    operations = [
        migrations.RunSQL(_UNFIT, migrations.RunSQL.noop),
    ]
