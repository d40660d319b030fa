"""Empty the search index: the rank is cut into fewer bands. It fills again with the next refresh."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("credit", "0007_chunk_attempts")]
    operations = [migrations.RunSQL("DELETE FROM credit_search; DELETE FROM credit_search_band", "SELECT 1")]
