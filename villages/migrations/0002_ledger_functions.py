"""The ledger's functions: posting happens here, in the database, singly and in batches."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
FILES = ("ledger_common.sql", "ledger_award.sql", "ledger_corrections.sql")


class Migration(migrations.Migration):
    dependencies = [("villages", "0001_places_and_ledger")]
    operations = [
        migrations.RunSQL((SQL / name).read_text(encoding="utf-8"), migrations.RunSQL.noop) for name in FILES
    ]
