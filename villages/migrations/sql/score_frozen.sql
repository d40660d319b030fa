-- Events and their steps are only added; a rule set that is published is frozen but for its end.
CREATE TRIGGER villages_scoreevent_no_change BEFORE UPDATE OR DELETE ON villages_scoreevent
    FOR EACH ROW EXECUTE FUNCTION villages_refuse_change();
CREATE TRIGGER villages_scoreeventstep_no_change BEFORE UPDATE OR DELETE ON villages_scoreeventstep
    FOR EACH ROW EXECUTE FUNCTION villages_refuse_change();
CREATE TRIGGER villages_scoresnapshot_no_change BEFORE UPDATE OR DELETE ON villages_scoresnapshot
    FOR EACH ROW EXECUTE FUNCTION villages_refuse_change();

CREATE FUNCTION villages_ruleset_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL AND (TG_OP = 'DELETE'
        OR to_jsonb(NEW) - 'valid_to' IS DISTINCT FROM to_jsonb(OLD) - 'valid_to') THEN
        RAISE EXCEPTION 'a published rule set is frozen: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER villages_ruleset_frozen BEFORE UPDATE OR DELETE ON villages_ruleset
    FOR EACH ROW EXECUTE FUNCTION villages_ruleset_refuse();
