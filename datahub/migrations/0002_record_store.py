"""The record store: hash-partitioned by enterprise, outside the ORM's own table making."""

from django.db import migrations

PARTITIONS = 16

TABLE = """
CREATE SEQUENCE datahub_record_id_seq AS bigint CACHE 1000;
CREATE TABLE datahub_record (
    id bigint NOT NULL DEFAULT nextval('datahub_record_id_seq'),
    enterprise_id integer NOT NULL,
    item_id smallint NOT NULL,
    natural_key text NOT NULL,
    payload jsonb NOT NULL,
    nums double precision[],
    level text,
    event_date date,
    valid_from date,
    valid_to date,
    released_on date,
    repaired_on date,
    received_at timestamptz NOT NULL,
    superseded_at timestamptz,
    batch_id integer NOT NULL,
    origin_batch_id integer NOT NULL,
    change_id integer NOT NULL,
    superseded_change_id integer,
    line integer NOT NULL,
    PRIMARY KEY (enterprise_id, id),
    CHECK (superseded_at IS NULL OR superseded_at >= received_at),
    CHECK ((superseded_at IS NULL) = (superseded_change_id IS NULL))
) PARTITION BY HASH (enterprise_id);
ALTER SEQUENCE datahub_record_id_seq OWNED BY datahub_record.id;
-- One current version of each fact; also the path from an enterprise to its current facts.
CREATE UNIQUE INDEX datahub_record_current ON datahub_record (enterprise_id, item_id, natural_key)
    WHERE superseded_at IS NULL;
-- A batch's rows lie together, so the smallest of indexes finds them for a withdrawal.
CREATE INDEX datahub_record_change ON datahub_record USING brin (change_id, superseded_change_id, batch_id)
    WITH (pages_per_range = 32);
"""


def partitions() -> str:
    # Room on each page lets a closing update stay beside the row it closes.
    return "".join(
        f"CREATE TABLE datahub_record_p{n:02d} PARTITION OF datahub_record "
        f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {n}) WITH (fillfactor = 95);\n"
        for n in range(PARTITIONS)
    )


class Migration(migrations.Migration):
    dependencies = [("datahub", "0001_initial")]
    operations = [migrations.RunSQL(TABLE + partitions(), "DROP TABLE datahub_record CASCADE;")]
