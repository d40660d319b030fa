"""Score events and published rule sets do not change: the database refuses."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("villages", "0006_score")]
    operations = [
        migrations.RunSQL(
            (SQL / "score_frozen.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
