"""Batches of awards again: purses and pools by their whole key, whatever the statistics say."""

from pathlib import Path

from django.db import migrations

AWARD = Path(__file__).parent / "sql" / "ledger_award.sql"


class Migration(migrations.Migration):
    dependencies = [("villages", "0016_quicker_awards")]
    operations = [migrations.RunSQL(AWARD.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
