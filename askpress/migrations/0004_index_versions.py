from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0003_site_contents'),
    ]

    operations = []
