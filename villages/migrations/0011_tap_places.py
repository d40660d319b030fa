"""Taps that still have a position are found quickly, to forget it in time."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('villages', '0010_secret_ballots'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='tap',
            index=models.Index(condition=models.Q(('latitude__isnull', False), ('distance_m__isnull', False), _connector='OR'), fields=['received_at'], name='villages_taps_with_place'),
        ),
    ]
