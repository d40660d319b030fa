-- Shared pieces of the ledger functions. Refusals: VL001 day sealed, VL002 not enough points, VL003 unknown,
-- VL004 the key was used for something else, VL005 the state does not allow it, VL006 not enough stock.

CREATE FUNCTION villages_derived_id(p_original uuid, p_label text) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT encode(set_byte(set_byte(substring(h FROM 1 FOR 16), 6, (get_byte(h, 6) & 15) | 128),
                           8, (get_byte(h, 8) & 63) | 128), 'hex')::uuid
    FROM (SELECT sha256(uuid_send(p_original) || convert_to(p_label, 'UTF8')) AS h) AS digest
$$;

CREATE FUNCTION villages_pseudonym() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT left(replace(gen_random_uuid()::text, '-', ''), 12)
$$;

-- Every posting holds this lock shared until its commit and the sealer takes it alone: once the sealer has
-- it, nobody can still commit into that day. A day that is sealed is closed.
CREATE FUNCTION villages_open_day(p_villages bigint[], p_day date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1447119184, p_day - DATE '2000-01-01');
    IF EXISTS (SELECT FROM villages_dayseal WHERE village_id = ANY (p_villages) AND day >= p_day) THEN
        RAISE EXCEPTION 'the journal of % is sealed', p_day USING ERRCODE = 'VL001';
    END IF;
END $$;

CREATE FUNCTION villages_open_account(p_kind text, p_owner bigint, p_vintage int, p_village bigint, p_now timestamptz)
RETURNS bigint LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    known bigint;
BEGIN
    SELECT id INTO known FROM villages_account WHERE kind = p_kind AND owner_id = p_owner AND vintage = p_vintage;
    IF known IS NULL THEN
        INSERT INTO villages_account
            (kind, owner_id, vintage, village_id, pseudonym, posted, held, floor, reserve, opened_at)
        VALUES (p_kind, p_owner, p_vintage, p_village, villages_pseudonym(), 0, 0,
                CASE WHEN p_kind = 'treasury' THEN NULL ELSE 0 END, 0, p_now)
        ON CONFLICT DO NOTHING;
        SELECT id INTO known FROM villages_account WHERE kind = p_kind AND owner_id = p_owner AND vintage = p_vintage;
    END IF;
    RETURN known;
END $$;

-- Lock account rows, people first and pools last, each in the order of ids.
CREATE FUNCTION villages_lock_accounts(p_accounts bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM villages_account WHERE id = ANY (p_accounts) AND kind = 'resident' ORDER BY id FOR NO KEY UPDATE;
    PERFORM 1 FROM villages_account WHERE id = ANY (p_accounts) AND kind = 'shop' ORDER BY id FOR NO KEY UPDATE;
    PERFORM 1 FROM villages_account WHERE id = ANY (p_accounts) AND kind NOT IN ('resident', 'shop')
        ORDER BY id FOR NO KEY UPDATE;
END $$;

-- One transfer between accounts the caller holds locked. A floor that would break is refused with VL002.
CREATE FUNCTION villages_post(
    p_id uuid, p_debit bigint, p_credit bigint, p_village bigint, p_resident bigint, p_amount int, p_code text,
    p_rule text, p_set int, p_ref uuid, p_reverses uuid, p_actor bigint, p_memo text, p_effective date,
    p_now timestamptz, p_day date)
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO villages_transfer (id, debit_id, credit_id, village_id, resident_id, amount, code, rule_code,
        rule_set_id, ref, reverses, actor_id, memo, effective_on, posted_on, posted_at)
    VALUES (p_id, p_debit, p_credit, p_village, p_resident, p_amount, p_code, coalesce(p_rule, ''), p_set, p_ref,
        p_reverses, p_actor, coalesce(p_memo, ''), coalesce(p_effective, p_day), p_day, p_now);
    UPDATE villages_account SET posted = posted - p_amount
        WHERE id = p_debit AND (floor IS NULL OR posted - held - p_amount >= floor);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not enough points' USING ERRCODE = 'VL002';
    END IF;
    UPDATE villages_account SET posted = posted + p_amount WHERE id = p_credit;
END $$;

-- What came back to a vintage that has ended already goes on to the village's expired points at once.
CREATE FUNCTION villages_expire_late(p_account bigint, p_cause uuid, p_amount int, p_now timestamptz, p_day date)
RETURNS int LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    own villages_account;
    sink bigint;
BEGIN
    SELECT * INTO own FROM villages_account WHERE id = p_account;
    IF own.kind <> 'resident' OR NOT EXISTS (
        SELECT FROM villages_vintageend WHERE village_id = own.village_id AND vintage = own.vintage) THEN
        RETURN 0;
    END IF;
    sink := villages_open_account('expired', own.village_id, 0, own.village_id, p_now);
    PERFORM villages_lock_accounts(ARRAY[sink]);
    PERFORM villages_post(villages_derived_id(p_cause, 'expiry:' || p_account), p_account, sink, own.village_id,
        own.owner_id, p_amount, 'expiry', '', NULL, p_cause, NULL, NULL, '', NULL, p_now, p_day);
    RETURN p_amount;
END $$;

CREATE FUNCTION villages_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER villages_transfer_no_change BEFORE UPDATE OR DELETE ON villages_transfer
    FOR EACH ROW EXECUTE FUNCTION villages_refuse_change();
CREATE TRIGGER villages_transfer_no_truncate BEFORE TRUNCATE ON villages_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION villages_refuse_change();
CREATE TRIGGER villages_claim_no_change BEFORE UPDATE OR DELETE ON villages_claim
    FOR EACH ROW EXECUTE FUNCTION villages_refuse_change();
CREATE TRIGGER villages_claim_no_truncate BEFORE TRUNCATE ON villages_claim
    FOR EACH STATEMENT EXECUTE FUNCTION villages_refuse_change();
CREATE TRIGGER villages_dayseal_no_change BEFORE UPDATE OR DELETE ON villages_dayseal
    FOR EACH ROW EXECUTE FUNCTION villages_refuse_change();
CREATE TRIGGER villages_dayseal_no_truncate BEFORE TRUNCATE ON villages_dayseal
    FOR EACH STATEMENT EXECUTE FUNCTION villages_refuse_change();
-- Accounts stay: a closed one keeps its row.
CREATE TRIGGER villages_account_no_delete BEFORE DELETE ON villages_account
    FOR EACH ROW EXECUTE FUNCTION villages_refuse_change();

-- Balance updates stay on their page and out of the indexes.
ALTER TABLE villages_account SET (fillfactor = 50);
ALTER TABLE villages_capuse SET (fillfactor = 50);
CREATE INDEX villages_transfer_day ON villages_transfer USING brin (posted_on) WITH (pages_per_range = 32);
