"""The search index: one row per registered enterprise, made from the register and thrown away at will."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class SearchEntry(models.Model):
    """What a search reads, and all that its list shows, so that one page is one query.

    Kept apart from the register because a GIN index is dear to update, and apart from the scores because
    they change every night. Whoever changes what is stored empties the table in a migration, and the next
    refresh makes it anew. No foreign key: the table is replaced as a whole by a full build
    (``credit_search_begin_build`` and ``credit_search_publish`` in the migration).
    """

    enterprise_id = models.IntegerField(primary_key=True)
    # Order where nothing else decides: state, size, kind, capital. See credit/search/ranking.py.
    rank = models.IntegerField()
    code = models.CharField(max_length=18)
    register_no = models.CharField(max_length=15, blank=True, default="")
    name = models.CharField(max_length=200)
    former_names = ArrayField(models.CharField(max_length=200), default=list)
    legal_person = models.CharField(max_length=100, blank=True, default="")
    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=10)
    town_code = models.CharField(max_length=9, blank=True, default="")
    industry_section = models.CharField(max_length=1, blank=True, default="")
    size = models.CharField(max_length=6, blank=True, default="")
    established_on = models.DateField(null=True, blank=True)
    # The folded names and their pinyin initials, line by line; the numbers of the pieces of both, and of what
    # the filters ask for. See credit/search/tokens.py.
    hay = models.TextField()
    sound = models.TextField()
    tokens = ArrayField(models.IntegerField())
    # What the row was made from: it is stale when the register says otherwise.
    source_changed_at = models.DateTimeField()
    former_mark = models.BigIntegerField(default=0)

    class Meta:
        db_table = "credit_search"
        indexes = [
            # Common pieces (慈溪, 公司) match most rows: walking this order stops after a page of them.
            models.Index(models.F("rank").desc(), "enterprise_id", name="credit_search_rank"),
            GinIndex(fields=["tokens"], fastupdate=False, name="credit_search_tokens"),
            # Pattern operators serve prefixes under every collation.
            models.Index(fields=["code"], opclasses=["varchar_pattern_ops"], name="credit_search_code"),
            models.Index(
                fields=["register_no"],
                opclasses=["varchar_pattern_ops"],
                condition=~models.Q(register_no=""),
                name="credit_search_register_no",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SearchBand(models.Model):
    """Where each band of the rank begins in the present index; rows that change later find theirs here."""

    band = models.SmallIntegerField(primary_key=True)
    rank = models.IntegerField()
    enterprise_id = models.IntegerField()

    class Meta:
        db_table = "credit_search_band"

    def __str__(self) -> str:
        return f"{self.band}: {self.rank}"
