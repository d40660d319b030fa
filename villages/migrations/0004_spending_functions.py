"""Holds, stock, settlement, the end of a vintage and day seals, in the database like all posting."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
FILES = ("spending_holds.sql", "ledger_periods.sql")


class Migration(migrations.Migration):
    dependencies = [("villages", "0003_spending")]
    operations = [
        migrations.RunSQL((SQL / name).read_text(encoding="utf-8"), migrations.RunSQL.noop) for name in FILES
    ]
