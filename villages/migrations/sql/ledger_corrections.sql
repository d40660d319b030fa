-- Take points from a resident, the oldest vintage first; all or nothing. The first line has the caller's id, further
-- lines derived ones; all carry it as their ref.
CREATE FUNCTION villages_deduct(
    p_id uuid, p_resident bigint, p_amount int, p_rule text, p_set int, p_actor bigint, p_memo text,
    p_effective date, p_now timestamptz, p_day date)
RETURNS TABLE (r_id uuid, r_amount int, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    home bigint;
    sink bigint;
    own record;
    rest int := p_amount;
    part int := 0;
    line uuid;
BEGIN
    SELECT village_id INTO home FROM villages_resident WHERE id = p_resident;
    IF home IS NULL THEN
        RAISE EXCEPTION 'no such resident' USING ERRCODE = 'VL003';
    END IF;
    PERFORM villages_open_day(ARRAY[home], p_day);
    PERFORM 1 FROM villages_account WHERE kind = 'resident' AND owner_id = p_resident ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM villages_transfer WHERE id = p_id) THEN
        IF NOT EXISTS (
            SELECT FROM villages_transfer t WHERE t.resident_id = p_resident AND t.code = 'deduct' AND t.ref = p_id
            GROUP BY t.ref HAVING sum(t.amount) = p_amount AND min(t.rule_code) = coalesce(p_rule, '')) THEN
            RAISE EXCEPTION 'this key was used for something else' USING ERRCODE = 'VL004';
        END IF;
        RETURN QUERY SELECT t.id, t.amount, true FROM villages_transfer t
            WHERE t.resident_id = p_resident AND t.code = 'deduct' AND t.ref = p_id ORDER BY t.id <> p_id;
        RETURN;
    END IF;
    sink := villages_open_account('adjustment', home, 0, home, p_now);
    PERFORM villages_lock_accounts(ARRAY[sink]);
    FOR own IN SELECT a.id, a.posted - a.held AS free FROM villages_account a
        WHERE a.kind = 'resident' AND a.owner_id = p_resident AND a.posted > a.held ORDER BY a.vintage
    LOOP
        EXIT WHEN rest = 0;
        part := part + 1;
        line := CASE WHEN part = 1 THEN p_id ELSE villages_derived_id(p_id, 'part:' || part) END;
        PERFORM villages_post(line, own.id, sink, home, p_resident, least(rest, own.free)::int, 'deduct', p_rule, p_set,
            p_id, NULL, p_actor, p_memo, p_effective, p_now, p_day);
        r_id := line; r_amount := least(rest, own.free)::int; r_replayed := false;
        rest := rest - r_amount;
        RETURN NEXT;
    END LOOP;
    IF rest > 0 THEN
        RAISE EXCEPTION 'not enough points' USING ERRCODE = 'VL002';
    END IF;
END $$;

-- Budget: the town's treasury to the village's pool, or (negative) what is left of it back.
CREATE FUNCTION villages_fund(
    p_id uuid, p_village bigint, p_amount int, p_reserve_pct int, p_ref uuid, p_actor bigint, p_memo text,
    p_now timestamptz, p_day date)
RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    treasury bigint;
    pool bigint;
    prior villages_transfer;
BEGIN
    PERFORM villages_open_day(ARRAY[p_village], p_day);
    treasury := villages_open_account('treasury', p_village, 0, p_village, p_now);
    pool := villages_open_account('pool', p_village, 0, p_village, p_now);
    PERFORM villages_lock_accounts(ARRAY[treasury, pool]);
    SELECT * INTO prior FROM villages_transfer WHERE id = p_id;
    IF FOUND THEN
        IF (prior.village_id, prior.amount, prior.code)
            IS DISTINCT FROM (p_village, abs(p_amount), CASE WHEN p_amount > 0 THEN 'fund' ELSE 'unfund' END) THEN
            RAISE EXCEPTION 'this key was used for something else' USING ERRCODE = 'VL004';
        END IF;
        RETURN true;
    END IF;
    IF p_amount > 0 THEN
        PERFORM villages_post(p_id, treasury, pool, p_village, NULL, p_amount, 'fund', '', NULL, p_ref, NULL, p_actor,
            p_memo, NULL, p_now, p_day);
    ELSE
        PERFORM villages_post(p_id, pool, treasury, p_village, NULL, -p_amount, 'unfund', '', NULL, p_ref, NULL, p_actor,
            p_memo, NULL, p_now, p_day);
    END IF;
    UPDATE villages_account SET reserve = (SELECT -posted FROM villages_account WHERE id = treasury) * p_reserve_pct / 100
        WHERE id = pool;
    RETURN false;
END $$;
