"""The day on which a village put up its posters."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('villages', '0012_caps_go_along'),
    ]

    operations = [
        migrations.AddField(
            model_name='village',
            name='posters_on',
            field=models.DateField(blank=True, null=True, verbose_name='海报张贴日期'),
        ),
    ]
