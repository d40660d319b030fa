-- What a person was rewarded for goes along with the points: the same occurrence is not rewarded again under the entry in
-- which the person goes on. Claims are never changed, so the other entry gets a claim of its own that granted nothing,
-- under a key derived from the first; awards and their proofs read nothing more than before.
CREATE FUNCTION villages_carry_claims(p_from bigint, p_to bigint, p_now timestamptz) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO villages_claim (resident_id, task, on_date, key, asked, granted, reason, rule_code, rule_set_id, draws,
        claimed_at)
    SELECT p_to, c.task, c.on_date, villages_derived_id(c.key, 'heir:' || p_to), c.asked, 0, 'went_on', c.rule_code,
        c.rule_set_id, NULL, p_now
    FROM villages_claim c WHERE c.resident_id = p_from
    ON CONFLICT (resident_id, task, on_date) DO NOTHING
$$;

CREATE OR REPLACE FUNCTION villages_went_on() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM villages_carry_caps(NEW.from_resident_id, NEW.to_resident_id);
    PERFORM villages_carry_claims(NEW.from_resident_id, NEW.to_resident_id, NEW.at);
    RETURN NULL;
END $$;

-- Those who went on before, in the order in which they did.
DO $$
DECLARE
    gone record;
BEGIN
    FOR gone IN SELECT from_resident_id, to_resident_id, at FROM villages_residentmove ORDER BY at, id LOOP
        PERFORM villages_carry_claims(gone.from_resident_id, gone.to_resident_id, gone.at);
    END LOOP;
END $$;
