"""Awards again: one in four statements with its caps as columns, a batch without running sums where nothing is clipped."""

from pathlib import Path

from django.db import migrations

AWARD = Path(__file__).parent / "sql" / "ledger_award.sql"
FORMER = (
    "DROP FUNCTION IF EXISTS villages_award_one(uuid, bigint, uuid, date, int, text, int, boolean, jsonb, bigint, text,"
    " text, timestamptz, date)"
)


class Migration(migrations.Migration):
    dependencies = [("villages", "0015_claims_go_along")]
    operations = [
        migrations.RunSQL(FORMER, migrations.RunSQL.noop),
        migrations.RunSQL(AWARD.read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
