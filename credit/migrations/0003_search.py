"""The search index and the two functions that replace it as a whole."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

# The application may not change the schema, yet a full build must: load first, index afterwards (GIN rows
# put in one by one take fifty times as long). So the owner lends it exactly these two steps. Both are
# refused to sessions that could not empty the table anyway.
BEGIN_BUILD = """
CREATE FUNCTION credit_search_begin_build() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    granted record;
BEGIN
    IF NOT has_table_privilege(session_user, 'credit_search', 'DELETE') THEN
        RAISE insufficient_privilege USING MESSAGE = 'building the search index takes the right to write it';
    END IF;
    DROP TABLE IF EXISTS credit_search_next;
    CREATE TABLE credit_search_next (LIKE credit_search INCLUDING DEFAULTS);
    FOR granted IN
        SELECT pg_get_userbyid(acl.grantee) AS grantee, acl.privilege_type
        FROM pg_class, aclexplode(relacl) AS acl
        WHERE oid = 'credit_search'::regclass AND acl.grantee <> relowner AND acl.grantee <> 0
    LOOP
        EXECUTE format('GRANT %s ON credit_search_next TO %I', granted.privilege_type, granted.grantee);
    END LOOP;
END $$;
"""
PUBLISH = """
CREATE FUNCTION credit_search_publish() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made record;
BEGIN
    IF NOT has_table_privilege(session_user, 'credit_search', 'DELETE') THEN
        RAISE insufficient_privilege USING MESSAGE = 'building the search index takes the right to write it';
    END IF;
    PERFORM set_config('maintenance_work_mem', '256MB', true);
    ALTER TABLE credit_search_next ADD CONSTRAINT credit_search_next_pkey PRIMARY KEY (enterprise_id);
    FOR made IN
        SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename = 'credit_search' AND indexname <> 'credit_search_pkey'
    LOOP
        EXECUTE regexp_replace(made.indexdef, 'INDEX \\S+ ON (ONLY )?\\S+ ',
                               format('INDEX %I ON public.credit_search_next ', made.indexname || '_next'));
    END LOOP;
    ALTER TABLE credit_search_next ALTER COLUMN tokens SET STATISTICS 300;
    ANALYZE credit_search_next;
    -- From here on readers wait: a few milliseconds, and never behind a reader who does not end.
    PERFORM set_config('lock_timeout', '5s', true);
    LOCK TABLE credit_search IN ACCESS EXCLUSIVE MODE;
    DROP TABLE credit_search;
    ALTER TABLE credit_search_next RENAME TO credit_search;
    ALTER INDEX credit_search_next_pkey RENAME TO credit_search_pkey;
    FOR made IN
        SELECT indexname FROM pg_indexes
        WHERE schemaname = 'public' AND tablename = 'credit_search' AND indexname LIKE '%\\_next'
    LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', made.indexname,
                       left(made.indexname, length(made.indexname) - length('_next')));
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("credit", "0002_access")]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("enterprise_id", models.IntegerField(primary_key=True, serialize=False)),
                ("rank", models.IntegerField()),
                ("code", models.CharField(max_length=18)),
                ("register_no", models.CharField(blank=True, default="", max_length=15)),
                ("name", models.CharField(max_length=200)),
                (
                    "former_names",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), default=list, size=None
                    ),
                ),
                ("legal_person", models.CharField(blank=True, default="", max_length=100)),
                ("kind", models.CharField(max_length=12)),
                ("state", models.CharField(max_length=10)),
                ("town_code", models.CharField(blank=True, default="", max_length=9)),
                ("industry_section", models.CharField(blank=True, default="", max_length=1)),
                ("size", models.CharField(blank=True, default="", max_length=6)),
                ("established_on", models.DateField(blank=True, null=True)),
                ("hay", models.TextField()),
                ("sound", models.TextField()),
                (
                    "tokens",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("source_changed_at", models.DateTimeField()),
                ("former_mark", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "credit_search",
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("rank"), descending=True),
                        models.F("enterprise_id"),
                        name="credit_search_rank",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["tokens"], name="credit_search_tokens"
                    ),
                    models.Index(
                        fields=["code"], name="credit_search_code", opclasses=["varchar_pattern_ops"]
                    ),
                    models.Index(
                        condition=models.Q(("register_no", ""), _negated=True),
                        fields=["register_no"],
                        name="credit_search_register_no",
                        opclasses=["varchar_pattern_ops"],
                    ),
                ],
            },
        ),
        migrations.RunSQL(BEGIN_BUILD, "DROP FUNCTION credit_search_begin_build()"),
        migrations.RunSQL(PUBLISH, "DROP FUNCTION credit_search_publish()"),
    ]
