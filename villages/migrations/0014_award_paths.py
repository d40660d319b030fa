"""Awards again: one tap in plain steps, a batch in statements whose plans do not hang on the size of the book."""

from pathlib import Path

from django.db import migrations

AWARD = Path(__file__).parent / "sql" / "ledger_award.sql"


class Migration(migrations.Migration):
    dependencies = [("villages", "0013_posters")]
    operations = [migrations.RunSQL(AWARD.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
