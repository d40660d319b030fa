-- A resident goes on under another entry: two entries of one person become one, or the person moves to another village of
-- the town. Points keep their vintage, so nobody's points live longer. What comes back later to the entry that ended
-- follows; what is taken back from it is fetched from where it went.
CREATE TRIGGER villages_residentmove_no_change BEFORE UPDATE OR DELETE ON villages_residentmove
    FOR EACH ROW EXECUTE FUNCTION villages_refuse_change();
CREATE TRIGGER villages_residentmove_no_truncate BEFORE TRUNCATE ON villages_residentmove
    FOR EACH STATEMENT EXECUTE FUNCTION villages_refuse_change();

-- The account of the same vintage under which its owner goes on; the account itself while the owner is there.
CREATE FUNCTION villages_follow(p_account bigint, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    own villages_account;
    owner bigint;
    next bigint;
BEGIN
    SELECT * INTO own FROM villages_account WHERE id = p_account;
    owner := own.owner_id;
    LOOP
        SELECT m.to_resident_id INTO next FROM villages_residentmove m WHERE m.from_resident_id = owner;
        EXIT WHEN NOT FOUND;
        owner := next;
    END LOOP;
    IF owner = own.owner_id THEN
        RETURN p_account;
    END IF;
    RETURN villages_open_account('resident', owner, own.vintage,
        (SELECT village_id FROM villages_resident WHERE id = owner), p_now);
END $$;

-- Points between two people's accounts. Every village's book adds up to zero by itself, so between villages they go
-- through the two treasuries: the liability moves with the person.
CREATE FUNCTION villages_carry(
    p_id uuid, p_debit bigint, p_credit bigint, p_amount int, p_ref uuid, p_now timestamptz, p_day date)
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    source villages_account;
    target villages_account;
    left_from bigint;
    come_to bigint;
BEGIN
    PERFORM villages_lock_accounts(ARRAY[p_debit, p_credit]);
    SELECT * INTO source FROM villages_account WHERE id = p_debit;
    SELECT * INTO target FROM villages_account WHERE id = p_credit;
    PERFORM villages_open_day(ARRAY[source.village_id, target.village_id], p_day);
    IF source.village_id = target.village_id THEN
        -- It stands in the statement of the entry that ended; the person sees one book with all entries.
        PERFORM villages_post(p_id, p_debit, p_credit, target.village_id,
            CASE WHEN EXISTS (SELECT FROM villages_residentmove m WHERE m.from_resident_id = source.owner_id)
                THEN source.owner_id ELSE target.owner_id END,
            p_amount, 'move', '', NULL, p_ref, NULL, NULL, '', NULL, p_now, p_day);
        RETURN;
    END IF;
    left_from := villages_open_account('treasury', source.village_id, 0, source.village_id, p_now);
    come_to := villages_open_account('treasury', target.village_id, 0, target.village_id, p_now);
    PERFORM villages_lock_accounts(ARRAY[left_from, come_to]);
    PERFORM villages_post(p_id, p_debit, left_from, source.village_id, source.owner_id, p_amount, 'move', '', NULL, p_ref,
        NULL, NULL, '', NULL, p_now, p_day);
    PERFORM villages_post(villages_derived_id(p_id, 'in'), come_to, p_credit, target.village_id, target.owner_id, p_amount,
        'move', '', NULL, p_ref, NULL, NULL, '', NULL, p_now, p_day);
END $$;

-- As before, and onward to the entry under which the owner of the account goes on.
CREATE OR REPLACE FUNCTION villages_expire_late(p_account bigint, p_cause uuid, p_amount int, p_now timestamptz, p_day date)
RETURNS int LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    own villages_account;
    heir bigint;
    sink bigint;
BEGIN
    SELECT * INTO own FROM villages_account WHERE id = p_account;
    IF own.kind = 'resident' THEN
        heir := villages_follow(p_account, p_now);
        IF heir <> p_account THEN
            PERFORM villages_carry(villages_derived_id(p_cause, 'follow:' || p_account), p_account, heir, p_amount,
                p_cause, p_now, p_day);
            RETURN villages_expire_late(heir, p_cause, p_amount, p_now, p_day);
        END IF;
    END IF;
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

-- As before; a shop hands out to its own village, positive quantities only.
CREATE OR REPLACE FUNCTION villages_hold_open(
    p_id uuid, p_resident bigint, p_shop bigint, p_goods bigint[], p_quantities int[], p_discount int,
    p_code_index text, p_code_cipher text, p_expires timestamptz, p_actor bigint, p_now timestamptz)
RETURNS TABLE (r_amount int, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    person villages_resident;
    shop_row villages_shop;
    prior villages_hold;
    total int := 0;
    rest int;
    line record;
    own record;
BEGIN
    SELECT * INTO person FROM villages_resident WHERE id = p_resident;
    -- Shared by buyers: who closes the shop waits for the holds being opened and finds them.
    SELECT * INTO shop_row FROM villages_shop WHERE id = p_shop FOR SHARE;
    PERFORM 1 FROM villages_account WHERE kind = 'resident' AND owner_id = p_resident ORDER BY id FOR NO KEY UPDATE;
    SELECT * INTO prior FROM villages_hold WHERE id = p_id;
    IF FOUND THEN
        IF prior.resident_id <> p_resident OR prior.shop_id <> p_shop OR
            (SELECT array_agg((i.goods_id, i.quantity)::text ORDER BY i.goods_id) FROM villages_holditem i WHERE i.hold_id = p_id)
            IS DISTINCT FROM
            (SELECT array_agg((w.goods, w.quantity)::text ORDER BY w.goods) FROM (
                SELECT u.goods, sum(u.quantity)::int AS quantity FROM unnest(p_goods, p_quantities) AS u (goods, quantity)
                GROUP BY u.goods) AS w) THEN
            RAISE EXCEPTION 'this key was used for something else' USING ERRCODE = 'VL004';
        END IF;
        RETURN QUERY SELECT prior.amount, true;
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM unnest(p_quantities) AS u (quantity) WHERE u.quantity IS NULL OR u.quantity <= 0) THEN
        RAISE EXCEPTION 'quantities are positive' USING ERRCODE = '22003';
    END IF;
    IF person.id IS NULL OR shop_row.id IS NULL OR person.village_id <> shop_row.village_id THEN
        RAISE EXCEPTION 'no such resident or shop' USING ERRCODE = 'VL003';
    END IF;
    IF person.status <> 'active' OR shop_row.state <> 'approved' THEN
        RAISE EXCEPTION 'resident or shop is not active' USING ERRCODE = 'VL005';
    END IF;
    INSERT INTO villages_hold (id, village_id, shop_id, resident_id, amount, captured, refunded, state, code_index,
        code_cipher, opened_at, expires_at, opened_by, reason)
    VALUES (p_id, person.village_id, p_shop, p_resident, 0, 0, 0, 'open', p_code_index, p_code_cipher, p_now, p_expires,
        p_actor, '');
    FOR line IN
        SELECT w.goods, w.quantity, g.id, g.kind, ceil(g.points * (100 - p_discount) / 100.0)::int AS unit
        FROM (SELECT u.goods, sum(u.quantity)::int AS quantity FROM unnest(p_goods, p_quantities) AS u (goods, quantity)
              GROUP BY u.goods) AS w
        LEFT JOIN villages_goods g ON g.id = w.goods AND g.shop_id = p_shop AND g.is_listed
        ORDER BY w.goods
    LOOP
        IF line.id IS NULL THEN
            RAISE EXCEPTION 'goods % are not offered', line.goods USING ERRCODE = 'VL003';
        END IF;
        IF line.kind = 'goods' THEN
            UPDATE villages_stock SET reserved = reserved + line.quantity
                WHERE goods_id = line.goods AND on_hand - reserved >= line.quantity;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'not enough stock' USING ERRCODE = 'VL006';
            END IF;
        END IF;
        INSERT INTO villages_holditem (hold_id, goods_id, quantity, unit_points, captured, refunded)
            VALUES (p_id, line.goods, line.quantity, line.unit, 0, 0);
        total := total + line.quantity * line.unit;
    END LOOP;
    rest := total;
    FOR own IN SELECT a.id, (a.posted - a.held)::int AS free FROM villages_account a
        WHERE a.kind = 'resident' AND a.owner_id = p_resident AND a.posted > a.held ORDER BY a.vintage
    LOOP
        EXIT WHEN rest = 0;
        INSERT INTO villages_holdpart (hold_id, account_id, amount, captured, refunded)
            VALUES (p_id, own.id, least(rest, own.free), 0, 0);
        UPDATE villages_account SET held = held + least(rest, own.free) WHERE id = own.id;
        rest := rest - least(rest, own.free);
    END LOOP;
    IF rest > 0 OR total = 0 THEN
        RAISE EXCEPTION 'not enough points' USING ERRCODE = 'VL002';
    END IF;
    UPDATE villages_hold SET amount = total WHERE id = p_id;
    RETURN QUERY SELECT total, false;
END $$;
