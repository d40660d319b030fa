"""What a person used of the limits goes along when the entry is merged or the person moves."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('villages', '0011_tap_places'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / "caps_go_along.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        ),
    ]
