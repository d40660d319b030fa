"""Vintages are append-only: the database itself refuses to change or remove them.

One change is allowed: closing an open row, that is filling its ``realtime_end``. Signed bulletins and the history
of alerts never change at all.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION sme_index_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.realtime_end IS NULL AND NEW.realtime_end IS NOT NULL
       AND (to_jsonb(NEW) - 'realtime_end') = (to_jsonb(OLD) - 'realtime_end') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER sme_index_value_no_change BEFORE UPDATE OR DELETE ON sme_index_indexvalue
    FOR EACH ROW EXECUTE FUNCTION sme_index_refuse();
CREATE TRIGGER sme_index_cube_day_no_change BEFORE UPDATE OR DELETE ON sme_index_cubeday
    FOR EACH ROW EXECUTE FUNCTION sme_index_refuse();
CREATE FUNCTION sme_index_refuse_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER sme_index_alert_event_no_change BEFORE UPDATE OR DELETE ON sme_index_alertevent
    FOR EACH ROW EXECUTE FUNCTION sme_index_refuse_all();
CREATE TRIGGER sme_index_reference_no_change BEFORE UPDATE OR DELETE ON sme_index_panelreference
    FOR EACH ROW EXECUTE FUNCTION sme_index_refuse_all();
CREATE TRIGGER sme_index_bulletin_signed BEFORE UPDATE OR DELETE ON sme_index_bulletin
    FOR EACH ROW WHEN (OLD.state = 'signed') EXECUTE FUNCTION sme_index_refuse_all();
CREATE TRIGGER sme_index_method_frozen BEFORE UPDATE OF definition, definition_hash, fences, indicators, supplied
    OR DELETE ON sme_index_methodversion FOR EACH ROW EXECUTE FUNCTION sme_index_refuse_all();
"""
BACKWARD = """
DROP TRIGGER sme_index_method_frozen ON sme_index_methodversion;
DROP TRIGGER sme_index_bulletin_signed ON sme_index_bulletin;
DROP TRIGGER sme_index_reference_no_change ON sme_index_panelreference;
DROP TRIGGER sme_index_alert_event_no_change ON sme_index_alertevent;
DROP TRIGGER sme_index_cube_day_no_change ON sme_index_cubeday;
DROP TRIGGER sme_index_value_no_change ON sme_index_indexvalue;
DROP FUNCTION sme_index_refuse_all();
DROP FUNCTION sme_index_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("sme_index", "0001_cube_and_values")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
