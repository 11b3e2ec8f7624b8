from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0002_sites_and_audits'),
    ]

    operations = []
