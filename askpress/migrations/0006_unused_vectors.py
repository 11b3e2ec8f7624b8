from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('askpress', '0005_answers'),
    ]

    operations = [
        migrations.AddField(
            model_name='chunk',
            name='key',
            field=models.BinaryField(db_default=b''),
        ),
        migrations.AddField(
            model_name='embedding',
            name='unused_since',
            field=models.DateTimeField(null=True),
        ),
    ]
