"""Tables of rows: one per release, in a schema of their own, made by three functions of the owner.

The application's role may not change the schema. It may call these functions, which run with their
owner's right and take numbers and type words only: no name a user typed becomes SQL. Who may call them
is renewed after every migration by ``catalog.row_rights``.
"""

from django.db import migrations

FUNCTIONS = r"""
CREATE SCHEMA IF NOT EXISTS catalog_rows;

CREATE FUNCTION catalog_rows.make_table(release bigint, types text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts text := '';
    known text[] := ARRAY['text', 'bigint', 'numeric', 'date', 'timestamp', 'boolean'];
BEGIN
    IF release IS NULL OR release < 1 OR cardinality(types) NOT BETWEEN 1 AND 1000 OR NOT types <@ known THEN
        RAISE EXCEPTION 'unable to make a table of rows' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR place IN 1 .. cardinality(types) LOOP
        parts := parts || format(', c%s %s', place, types[place]);
    END LOOP;
    EXECUTE format('DROP TABLE IF EXISTS catalog_rows.r%s', release);
    EXECUTE format('CREATE TABLE catalog_rows.r%s (_id bigint NOT NULL%s)', release, parts);
END $$;

CREATE FUNCTION catalog_rows.finish_table(release bigint, indexed integer[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place integer;
BEGIN
    EXECUTE format('CREATE UNIQUE INDEX IF NOT EXISTS r%s_id ON catalog_rows.r%s (_id)', release, release);
    FOREACH place IN ARRAY indexed LOOP
        EXECUTE format('CREATE INDEX IF NOT EXISTS r%s_c%s ON catalog_rows.r%s (c%s, _id)',
                       release, place, release, place);
    END LOOP;
    EXECUTE format('ANALYZE catalog_rows.r%s', release);
END $$;

CREATE FUNCTION catalog_rows.drop_table(release bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS catalog_rows.r%s', release);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA catalog_rows FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_grade_changes_by_code")]
    operations = [migrations.RunSQL(FUNCTIONS, "DROP SCHEMA catalog_rows CASCADE;")]
