"""Index pieces by their numbers: half the size, twice the speed. The index is empty until it is next built."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credit", "0004_chunk_shards")]

    operations = [
        migrations.RunSQL("DELETE FROM credit_search", migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="searchentry", name="credit_search_tokens"),
        migrations.RemoveField(model_name="searchentry", name="tokens"),
        migrations.AddField(
            model_name="searchentry",
            name="tokens",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), default=list, size=None
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["tokens"], name="credit_search_tokens"
            ),
        ),
    ]
