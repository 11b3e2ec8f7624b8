from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0003_site_contents'),
    ]

    operations = []
