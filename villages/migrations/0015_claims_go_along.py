"""What a person was rewarded for goes along when the entry is merged or the person moves."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("villages", "0014_award_paths")]
    operations = [
        migrations.RunSQL((SQL / name).read_text(encoding="utf-8"), migrations.RunSQL.noop)
        for name in ("resident_move.sql", "claims_go_along.sql")
    ]
