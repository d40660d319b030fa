-- What a person has used of the limits that count persons goes along with the points: nobody begins a month anew by
-- being merged or by moving. Use of a household or a village stays where it is.
CREATE FUNCTION villages_heir(p_resident bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    next bigint;
BEGIN
    LOOP
        SELECT m.to_resident_id INTO next FROM villages_residentmove m WHERE m.from_resident_id = p_resident;
        EXIT WHEN NOT FOUND;
        p_resident := next;
    END LOOP;
    RETURN p_resident;
END $$;

-- Both people's accounts are locked by the caller: they guard the rows of their limits. Two entries may together have
-- used more than one person may; what was granted stands, so the highest limit applied becomes what is used.
CREATE FUNCTION villages_carry_caps(p_from bigint, p_to bigint) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO villages_capuse AS u (owner_id, level, cap_code, window_start, measure, used, cap_limit)
    SELECT p_to, 1, c.cap_code, c.window_start, c.measure, c.used, c.cap_limit
    FROM villages_capuse c WHERE c.owner_id = p_from AND c.level = 1 AND c.used > 0
    ON CONFLICT (owner_id, level, cap_code, window_start) DO UPDATE
    SET used = u.used + excluded.used, cap_limit = greatest(u.cap_limit, excluded.cap_limit, u.used + excluded.used);
    UPDATE villages_capuse SET used = 0 WHERE owner_id = p_from AND level = 1 AND used > 0;
$$;

CREATE FUNCTION villages_went_on() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM villages_carry_caps(NEW.from_resident_id, NEW.to_resident_id);
    RETURN NULL;
END $$;
CREATE TRIGGER villages_residentmove_caps AFTER INSERT ON villages_residentmove
    FOR EACH ROW EXECUTE FUNCTION villages_went_on();

-- Those who went on before.
DO $$
DECLARE
    gone record;
BEGIN
    FOR gone IN SELECT from_resident_id, to_resident_id FROM villages_residentmove ORDER BY at, id LOOP
        PERFORM villages_carry_caps(gone.from_resident_id, gone.to_resident_id);
    END LOOP;
END $$;

-- The reversal of an award or a deduction: at most one, under an id derived from the original's. What an award took from
-- limits is given back, a person's to the entry under which the person goes on; its claim stays, so the same occurrence
-- cannot be earned again.
CREATE OR REPLACE FUNCTION villages_reverse(
    p_original uuid, p_ref uuid, p_actor bigint, p_memo text, p_now timestamptz, p_day date)
RETURNS TABLE (r_id uuid, r_amount int, r_expired int, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    original villages_transfer;
    prior villages_transfer;
    reversal uuid := villages_derived_id(p_original, 'reversal');
    household bigint;
    heir bigint;
    expired int;
BEGIN
    SELECT * INTO original FROM villages_transfer WHERE id = p_original;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such transfer' USING ERRCODE = 'VL003';
    END IF;
    IF original.code NOT IN ('award', 'deduct') THEN
        RAISE EXCEPTION 'a % is not reversed', original.code USING ERRCODE = 'VL005';
    END IF;
    PERFORM villages_open_day(ARRAY[original.village_id], p_day);
    SELECT r.household_id INTO household FROM villages_resident r WHERE r.id = original.resident_id;
    PERFORM 1 FROM villages_account WHERE kind = 'resident' AND id IN (original.debit_id, original.credit_id)
        ORDER BY id FOR NO KEY UPDATE;
    PERFORM 1 FROM villages_household WHERE id = household FOR NO KEY UPDATE;
    PERFORM villages_lock_accounts(ARRAY[original.debit_id, original.credit_id]);
    SELECT * INTO prior FROM villages_transfer WHERE id = reversal;
    IF FOUND THEN
        RETURN QUERY SELECT reversal, prior.amount, 0, true;
        RETURN;
    END IF;
    IF original.code = 'award' THEN
        -- Who earned it has gone on under another entry: the points come back from there first.
        heir := villages_follow(original.credit_id, p_now);
        IF heir <> original.credit_id THEN
            PERFORM villages_carry(villages_derived_id(p_original, 'recall'), heir, original.credit_id, original.amount,
                p_original, p_now, p_day);
        END IF;
    END IF;
    PERFORM villages_post(reversal, original.credit_id, original.debit_id, original.village_id, original.resident_id,
        original.amount, 'reversal', original.rule_code, original.rule_set_id, p_ref, p_original, p_actor, p_memo,
        original.effective_on, p_now, p_day);
    UPDATE villages_capuse u SET used = u.used - (draw.told ->> 4)::int
        FROM (SELECT jsonb_array_elements(c.draws) AS told FROM villages_claim c
              WHERE c.key = p_original AND c.draws IS NOT NULL) AS draw
        WHERE u.level = (draw.told ->> 0)::int AND u.cap_code = draw.told ->> 1
          AND u.window_start = (draw.told ->> 2)::timestamptz
          AND u.owner_id = CASE u.level WHEN 1 THEN villages_heir((draw.told ->> 3)::bigint)
                                        ELSE (draw.told ->> 3)::bigint END;
    expired := villages_expire_late(original.debit_id, reversal, original.amount, p_now, p_day);
    RETURN QUERY SELECT reversal, original.amount, expired, false;
END $$;
