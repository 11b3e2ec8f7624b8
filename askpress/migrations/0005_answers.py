from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0004_index_versions'),
    ]

    operations = []
