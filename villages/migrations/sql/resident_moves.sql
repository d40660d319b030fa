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

-- Any number of people in one call: ``p_kind`` merged (within a village) or moved (between villages of one town). All or
-- nothing; a pair that went on before is answered again. Points put aside for a pick-up must be released first.
CREATE FUNCTION villages_move(
    p_ids uuid[], p_from bigint[], p_to bigint[], p_kind text, p_actor bigint, p_memo text, p_on date,
    p_now timestamptz, p_day date)
RETURNS TABLE (r_id uuid, r_points int, r_expired int, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    villages bigint[];
    this_vintage int := extract(year FROM p_day)::int;
BEGIN
    SELECT array_agg(DISTINCT r.village_id ORDER BY r.village_id) INTO villages FROM villages_resident r
        WHERE r.id = ANY (p_from || p_to);
    IF (SELECT count(*) FROM villages_resident WHERE id = ANY (p_from || p_to))
        <> (SELECT count(DISTINCT id) FROM unnest(p_from || p_to) AS asked (id)) THEN
        RAISE EXCEPTION 'no such resident' USING ERRCODE = 'VL003';
    END IF;
    PERFORM villages_open_day(villages, p_day);
    -- An account to lock for everybody who leaves: an award that comes at the same moment waits for it.
    INSERT INTO villages_account (kind, owner_id, vintage, village_id, pseudonym, posted, held, floor, reserve, opened_at)
    SELECT 'resident', r.id, this_vintage, r.village_id, villages_pseudonym(), 0, 0, 0, 0, p_now
    FROM villages_resident r WHERE r.id = ANY (p_from) ORDER BY r.id ON CONFLICT DO NOTHING;
    PERFORM 1 FROM villages_account WHERE kind = 'resident' AND owner_id = ANY (p_from || p_to)
        ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM unnest(p_ids, p_from, p_to) AS w (id, leaves, joins) JOIN villages_residentmove m ON m.id = w.id
        WHERE (m.from_resident_id, m.to_resident_id, m.kind) <> (w.leaves, w.joins, p_kind)) THEN
        RAISE EXCEPTION 'this key was used for something else' USING ERRCODE = 'VL004';
    END IF;
    IF EXISTS (
        SELECT FROM unnest(p_ids, p_from, p_to) AS w (id, leaves, joins)
        JOIN villages_resident f ON f.id = w.leaves JOIN villages_village vf ON vf.id = f.village_id
        JOIN villages_resident t ON t.id = w.joins JOIN villages_village vt ON vt.id = t.village_id
        WHERE NOT EXISTS (SELECT FROM villages_residentmove m WHERE m.id = w.id)
          AND (f.status <> 'active' OR t.status <> 'active' OR f.id = t.id OR w.joins = ANY (p_from)
               OR (p_kind = 'merged') <> (f.village_id = t.village_id) OR vf.town_code <> vt.town_code
               OR EXISTS (SELECT FROM villages_account a WHERE a.kind = 'resident' AND a.owner_id = f.id AND a.held > 0)))
    THEN
        RAISE EXCEPTION 'the entries do not allow it' USING ERRCODE = 'VL005';
    END IF;
    INSERT INTO villages_account (kind, owner_id, vintage, village_id, pseudonym, posted, held, floor, reserve, opened_at)
    SELECT DISTINCT ON (t.id, a.vintage) 'resident', t.id, a.vintage, t.village_id, villages_pseudonym(), 0, 0, 0, 0, p_now
    FROM unnest(p_from, p_to) AS w (leaves, joins) JOIN villages_resident t ON t.id = w.joins
    JOIN villages_account a ON a.kind = 'resident' AND a.owner_id = w.leaves AND a.posted > 0
    ON CONFLICT DO NOTHING;
    PERFORM villages_open_account(ends.kind, v, 0, v, p_now)
        FROM unnest(villages) AS v CROSS JOIN (VALUES ('treasury'), ('expired')) AS ends (kind);
    PERFORM 1 FROM villages_account WHERE kind IN ('treasury', 'expired') AND owner_id = ANY (villages)
        ORDER BY id FOR NO KEY UPDATE;

    RETURN QUERY WITH
    pair AS MATERIALIZED (
        SELECT w.ord, w.id, w.leaves, w.joins, f.village_id AS left_from, t.village_id AS come_to, m.id IS NULL AS is_new,
               m.points AS old_points, m.expired AS old_expired
        FROM unnest(p_ids, p_from, p_to) WITH ORDINALITY AS w (id, leaves, joins, ord)
        JOIN villages_resident f ON f.id = w.leaves JOIN villages_resident t ON t.id = w.joins
        LEFT JOIN villages_residentmove m ON m.id = w.id),
    purse AS MATERIALIZED (
        SELECT p.*, s.id AS source, d.id AS target, s.vintage, s.posted::int AS points,
               villages_derived_id(p.id, 'move:' || s.vintage) AS line,
               EXISTS (SELECT FROM villages_vintageend e WHERE e.village_id = p.come_to AND e.vintage = s.vintage) AS is_late
        FROM pair p JOIN villages_account s ON s.kind = 'resident' AND s.owner_id = p.leaves AND s.posted > 0
        JOIN villages_account d ON d.kind = 'resident' AND d.owner_id = p.joins AND d.vintage = s.vintage
        WHERE p.is_new),
    treasury AS MATERIALIZED (SELECT owner_id, id FROM villages_account WHERE kind = 'treasury' AND owner_id = ANY (villages)),
    sink AS MATERIALIZED (SELECT owner_id, id FROM villages_account WHERE kind = 'expired' AND owner_id = ANY (villages)),
    journal AS MATERIALIZED (
        SELECT u.line AS id, u.source AS debit, u.target AS credit, u.come_to AS village, u.leaves AS party, u.points,
               'move' AS code, u.id AS ref
        FROM purse u WHERE u.left_from = u.come_to
        UNION ALL
        SELECT u.line, u.source, t.id, u.left_from, u.leaves, u.points, 'move', u.id
        FROM purse u JOIN treasury t ON t.owner_id = u.left_from WHERE u.left_from <> u.come_to
        UNION ALL
        SELECT villages_derived_id(u.line, 'in'), t.id, u.target, u.come_to, u.joins, u.points, 'move', u.id
        FROM purse u JOIN treasury t ON t.owner_id = u.come_to WHERE u.left_from <> u.come_to
        UNION ALL
        SELECT villages_derived_id(u.id, 'expiry:' || u.target), u.target, s.id, u.come_to, u.joins, u.points, 'expiry', u.id
        FROM purse u JOIN sink s ON s.owner_id = u.come_to WHERE u.is_late),
    written AS (
        INSERT INTO villages_transfer (id, debit_id, credit_id, village_id, resident_id, amount, code, rule_code, ref,
            actor_id, memo, effective_on, posted_on, posted_at)
        SELECT j.id, j.debit, j.credit, j.village, j.party, j.points, j.code, '', j.ref, p_actor, coalesce(p_memo, ''), p_day,
            p_day, p_now
        FROM journal j),
    net AS (
        SELECT side.account, sum(side.points) AS points FROM (
            SELECT j.credit AS account, j.points FROM journal j UNION ALL SELECT j.debit, -j.points FROM journal j) AS side
        GROUP BY side.account HAVING sum(side.points) <> 0),
    balanced AS (UPDATE villages_account a SET posted = a.posted + n.points FROM net n WHERE a.id = n.account),
    told AS MATERIALIZED (
        SELECT p.ord, p.id, p.leaves, p.joins, p.is_new, coalesce(p.old_points, sum(u.points), 0)::int AS points,
               coalesce(p.old_expired, sum(u.points) FILTER (WHERE u.is_late), 0)::int AS expired
        FROM pair p LEFT JOIN purse u USING (ord)
        GROUP BY p.ord, p.id, p.leaves, p.joins, p.is_new, p.old_points, p.old_expired),
    noted AS (
        INSERT INTO villages_residentmove (id, from_resident_id, to_resident_id, kind, points, expired, actor_id, at)
        SELECT o.id, o.leaves, o.joins, p_kind, o.points, o.expired, p_actor, p_now FROM told o WHERE o.is_new),
    ended AS (
        UPDATE villages_resident r SET status = p_kind, left_on = p_on,
               merged_into_id = CASE WHEN p_kind = 'merged' THEN o.joins END
        FROM told o WHERE r.id = o.leaves AND o.is_new)
    SELECT o.id, o.points, o.expired, NOT o.is_new FROM told o ORDER BY o.ord;
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
