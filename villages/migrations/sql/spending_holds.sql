-- Hold, capture, release: points and goods move in the same commit. Locks: the hold, then people's accounts,
-- stock by goods, the shop's account, pools and ends last.

CREATE TRIGGER villages_stockmove_no_change BEFORE UPDATE OR DELETE ON villages_stockmove
    FOR EACH ROW EXECUTE FUNCTION villages_refuse_change();
CREATE TRIGGER villages_stockmove_no_truncate BEFORE TRUNCATE ON villages_stockmove
    FOR EACH STATEMENT EXECUTE FUNCTION villages_refuse_change();
CREATE TRIGGER villages_refund_no_change BEFORE UPDATE OR DELETE ON villages_refund
    FOR EACH ROW EXECUTE FUNCTION villages_refuse_change();
ALTER TABLE villages_stock SET (fillfactor = 50);

CREATE FUNCTION villages_hold_open(
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
    SELECT * INTO shop_row FROM villages_shop WHERE id = p_shop;
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
    IF person.id IS NULL OR shop_row.id IS NULL THEN
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

-- Take what a hold has put aside off its accounts and shelves, once its state has been changed by the caller.
-- ``p_goods`` null: everything was handed out; else only these quantities.
CREATE FUNCTION villages_hold_settle(
    p_hold uuid, p_goods bigint[], p_quantities int[], p_nothing boolean, p_actor bigint, p_now timestamptz, p_day date)
RETURNS int LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    own villages_hold;
    till bigint;
    line record;
    part record;
    total int := 0;
    rest int;
    used int;
BEGIN
    SELECT * INTO own FROM villages_hold WHERE id = p_hold;
    PERFORM villages_open_day(ARRAY[own.village_id], p_day);
    PERFORM villages_lock_accounts(ARRAY(SELECT account_id FROM villages_holdpart WHERE hold_id = p_hold));
    FOR line IN
        SELECT i.id, i.goods_id, i.quantity, i.unit_points, g.kind,
               CASE WHEN p_nothing THEN 0 WHEN p_goods IS NULL THEN i.quantity ELSE coalesce(w.quantity, 0) END AS given
        FROM villages_holditem i JOIN villages_goods g ON g.id = i.goods_id
        LEFT JOIN unnest(p_goods, p_quantities) AS w (goods, quantity) ON w.goods = i.goods_id
        WHERE i.hold_id = p_hold ORDER BY i.goods_id
    LOOP
        IF line.given < 0 OR line.given > line.quantity THEN
            RAISE EXCEPTION 'more than was put aside' USING ERRCODE = 'VL005';
        END IF;
        IF line.kind = 'goods' THEN
            UPDATE villages_stock SET on_hand = on_hand - line.given, reserved = reserved - line.quantity
                WHERE goods_id = line.goods_id;
            IF line.given > 0 THEN
                INSERT INTO villages_stockmove (id, goods_id, kind, quantity, reason, hold_id, actor_id, at)
                VALUES (villages_derived_id(p_hold, 'goods:' || line.goods_id), line.goods_id, 'capture', -line.given, '',
                    p_hold, p_actor, p_now);
            END IF;
        END IF;
        UPDATE villages_holditem SET captured = line.given WHERE id = line.id;
        total := total + line.given * line.unit_points;
    END LOOP;
    IF total > 0 THEN
        till := villages_open_account('shop', own.shop_id, 0, own.village_id, p_now);
        PERFORM villages_lock_accounts(ARRAY[till]);
    END IF;
    rest := total;
    FOR part IN
        SELECT h.id, h.account_id, h.amount FROM villages_holdpart h JOIN villages_account a ON a.id = h.account_id
        WHERE h.hold_id = p_hold ORDER BY a.vintage
    LOOP
        used := least(rest, part.amount);
        UPDATE villages_account SET held = held - part.amount WHERE id = part.account_id;
        IF used > 0 THEN
            PERFORM villages_post(villages_derived_id(p_hold, 'capture:' || part.account_id), part.account_id, till,
                own.village_id, own.resident_id, used, 'capture', '', NULL, p_hold, NULL, p_actor, '', NULL, p_now, p_day);
            UPDATE villages_holdpart SET captured = used WHERE id = part.id;
            rest := rest - used;
        END IF;
        IF part.amount > used THEN
            PERFORM villages_expire_late(part.account_id, villages_derived_id(p_hold, 'release'), part.amount - used,
                p_now, p_day);
        END IF;
    END LOOP;
    UPDATE villages_hold SET captured = total WHERE id = p_hold;
    RETURN total;
END $$;

CREATE FUNCTION villages_hold_capture(
    p_hold uuid, p_shop bigint, p_goods bigint[], p_quantities int[], p_actor bigint, p_now timestamptz, p_day date)
RETURNS TABLE (r_captured int, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    prior villages_hold;
    total int;
BEGIN
    -- This update decides the one winner; whoever waited for it finds the state changed.
    UPDATE villages_hold SET state = 'captured', resolved_at = p_now, resolved_by = p_actor
        WHERE id = p_hold AND shop_id = p_shop AND state = 'open' AND expires_at > p_now;
    IF NOT FOUND THEN
        SELECT * INTO prior FROM villages_hold WHERE id = p_hold AND shop_id = p_shop;
        IF prior.id IS NULL THEN
            RAISE EXCEPTION 'no such hold' USING ERRCODE = 'VL003';
        END IF;
        IF prior.state <> 'captured' OR (p_goods IS NOT NULL AND EXISTS (
            SELECT FROM villages_holditem i LEFT JOIN unnest(p_goods, p_quantities) AS w (goods, quantity)
                ON w.goods = i.goods_id
            WHERE i.hold_id = p_hold AND i.captured <> coalesce(w.quantity, 0))) THEN
            RAISE EXCEPTION 'the hold is %', prior.state USING ERRCODE = 'VL005';
        END IF;
        RETURN QUERY SELECT prior.captured, true;
        RETURN;
    END IF;
    total := villages_hold_settle(p_hold, p_goods, p_quantities, false, p_actor, p_now, p_day);
    IF total = 0 THEN
        UPDATE villages_hold SET state = 'void', reason = '无货可取' WHERE id = p_hold;
    END IF;
    RETURN QUERY SELECT total, false;
END $$;

-- ``p_state`` void (by the resident, the shop or staff) or expired (only once its time is over).
CREATE FUNCTION villages_hold_release(
    p_hold uuid, p_state text, p_actor bigint, p_reason text, p_now timestamptz, p_day date)
RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    present text;
BEGIN
    UPDATE villages_hold SET state = p_state, resolved_at = p_now, resolved_by = p_actor, reason = coalesce(p_reason, '')
        WHERE id = p_hold AND state = 'open' AND (p_state = 'void' OR expires_at <= p_now);
    IF NOT FOUND THEN
        SELECT state INTO present FROM villages_hold WHERE id = p_hold;
        IF present IS NULL THEN
            RAISE EXCEPTION 'no such hold' USING ERRCODE = 'VL003';
        END IF;
        IF present <> p_state THEN
            RAISE EXCEPTION 'the hold is %', present USING ERRCODE = 'VL005';
        END IF;
        RETURN true;
    END IF;
    PERFORM villages_hold_settle(p_hold, NULL, NULL, true, p_actor, p_now, p_day);
    RETURN false;
END $$;

-- Release up to ``p_limit`` holds whose time is over; those that somebody resolves at this moment are passed by.
CREATE FUNCTION villages_hold_sweep(p_limit int, p_now timestamptz, p_day date)
RETURNS int LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    due uuid;
    done int := 0;
BEGIN
    FOR due IN SELECT id FROM villages_hold WHERE state = 'open' AND expires_at <= p_now
        ORDER BY expires_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        PERFORM villages_hold_release(due, 'expired', NULL, '超过取货时间', p_now, p_day);
        done := done + 1;
    END LOOP;
    RETURN done;
END $$;

-- Goods come back: their points return to the vintages they came from, the newest first, so life is never extended.
CREATE FUNCTION villages_hold_refund(
    p_id uuid, p_hold uuid, p_goods bigint[], p_quantities int[], p_restock boolean, p_actor bigint, p_reason text,
    p_now timestamptz, p_day date)
RETURNS TABLE (r_points int, r_expired int, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    own villages_hold;
    prior villages_refund;
    told jsonb;
    line record;
    part record;
    till bigint;
    total int := 0;
    rest int;
    back int;
    expired int := 0;
BEGIN
    SELECT * INTO own FROM villages_hold WHERE id = p_hold FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such hold' USING ERRCODE = 'VL003';
    END IF;
    SELECT jsonb_agg(jsonb_build_array(w.goods, w.quantity) ORDER BY w.goods) INTO told
        FROM unnest(p_goods, p_quantities) AS w (goods, quantity);
    SELECT * INTO prior FROM villages_refund WHERE id = p_id;
    IF FOUND THEN
        IF prior.hold_id <> p_hold OR prior.items IS DISTINCT FROM told THEN
            RAISE EXCEPTION 'this key was used for something else' USING ERRCODE = 'VL004';
        END IF;
        RETURN QUERY SELECT prior.points, prior.expired, true;
        RETURN;
    END IF;
    IF own.state <> 'captured' THEN
        RAISE EXCEPTION 'the hold is %', own.state USING ERRCODE = 'VL005';
    END IF;
    PERFORM villages_open_day(ARRAY[own.village_id], p_day);
    PERFORM villages_lock_accounts(ARRAY(SELECT account_id FROM villages_holdpart WHERE hold_id = p_hold));
    FOR line IN
        SELECT w.goods, w.quantity, i.id, i.captured - i.refunded AS left_over, i.unit_points, g.kind
        FROM unnest(p_goods, p_quantities) AS w (goods, quantity)
        LEFT JOIN villages_holditem i ON i.hold_id = p_hold AND i.goods_id = w.goods
        LEFT JOIN villages_goods g ON g.id = w.goods ORDER BY w.goods
    LOOP
        IF line.id IS NULL OR line.quantity <= 0 OR line.quantity > line.left_over THEN
            RAISE EXCEPTION 'more than was handed out' USING ERRCODE = 'VL005';
        END IF;
        UPDATE villages_holditem SET refunded = refunded + line.quantity WHERE id = line.id;
        IF p_restock AND line.kind = 'goods' THEN
            UPDATE villages_stock SET on_hand = on_hand + line.quantity WHERE goods_id = line.goods;
            INSERT INTO villages_stockmove (id, goods_id, kind, quantity, reason, hold_id, actor_id, at)
            VALUES (villages_derived_id(p_id, 'goods:' || line.goods), line.goods, 'refund', line.quantity,
                coalesce(p_reason, ''), p_hold, p_actor, p_now);
        END IF;
        total := total + line.quantity * line.unit_points;
    END LOOP;
    till := villages_open_account('shop', own.shop_id, 0, own.village_id, p_now);
    PERFORM villages_lock_accounts(ARRAY[till]);
    rest := total;
    FOR part IN
        SELECT h.id, h.account_id, h.captured - h.refunded AS left_over
        FROM villages_holdpart h JOIN villages_account a ON a.id = h.account_id
        WHERE h.hold_id = p_hold AND h.captured > h.refunded ORDER BY a.vintage DESC
    LOOP
        EXIT WHEN rest = 0;
        back := least(rest, part.left_over);
        PERFORM villages_post(villages_derived_id(p_id, 'refund:' || part.account_id), till, part.account_id,
            own.village_id, own.resident_id, back, 'refund', '', NULL, p_hold, NULL, p_actor, p_reason, NULL, p_now, p_day);
        UPDATE villages_holdpart SET refunded = refunded + back WHERE id = part.id;
        expired := expired + villages_expire_late(part.account_id, p_id, back, p_now, p_day);
        rest := rest - back;
    END LOOP;
    UPDATE villages_hold SET refunded = refunded + total WHERE id = p_hold;
    INSERT INTO villages_refund (id, hold_id, shop_id, points, expired, items, reason, actor_id, at)
        VALUES (p_id, p_hold, own.shop_id, total, expired, told, coalesce(p_reason, ''), p_actor, p_now);
    RETURN QUERY SELECT total, expired, false;
END $$;

-- A receipt, a loss or the difference a count found; the caller's id makes it once.
CREATE FUNCTION villages_stock_move(
    p_id uuid, p_goods bigint, p_kind text, p_quantity int, p_reason text, p_actor bigint, p_now timestamptz)
RETURNS TABLE (r_on_hand int, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    prior villages_stockmove;
BEGIN
    INSERT INTO villages_stock (goods_id, on_hand, reserved) VALUES (p_goods, 0, 0) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM villages_stock WHERE goods_id = p_goods FOR NO KEY UPDATE;
    SELECT * INTO prior FROM villages_stockmove WHERE id = p_id;
    IF FOUND THEN
        IF (prior.goods_id, prior.kind, prior.quantity) IS DISTINCT FROM (p_goods, p_kind, p_quantity) THEN
            RAISE EXCEPTION 'this key was used for something else' USING ERRCODE = 'VL004';
        END IF;
        RETURN QUERY SELECT s.on_hand, true FROM villages_stock s WHERE s.goods_id = p_goods;
        RETURN;
    END IF;
    UPDATE villages_stock SET on_hand = on_hand + p_quantity
        WHERE goods_id = p_goods AND on_hand + p_quantity >= reserved;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not enough stock' USING ERRCODE = 'VL006';
    END IF;
    INSERT INTO villages_stockmove (id, goods_id, kind, quantity, reason, actor_id, at)
        VALUES (p_id, p_goods, p_kind, p_quantity, coalesce(p_reason, ''), p_actor, p_now);
    RETURN QUERY SELECT s.on_hand, false FROM villages_stock s WHERE s.goods_id = p_goods;
END $$;

-- A confirmed statement is paid: the shop's points go back to the treasury that stands for them.
CREATE FUNCTION villages_settle(
    p_id uuid, p_shop bigint, p_amount int, p_actor bigint, p_memo text, p_now timestamptz, p_day date)
RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    home bigint;
    till bigint;
    treasury bigint;
BEGIN
    SELECT village_id INTO home FROM villages_shop WHERE id = p_shop;
    PERFORM villages_open_day(ARRAY[home], p_day);
    till := villages_open_account('shop', p_shop, 0, home, p_now);
    treasury := villages_open_account('treasury', home, 0, home, p_now);
    PERFORM villages_lock_accounts(ARRAY[till, treasury]);
    IF EXISTS (SELECT FROM villages_transfer WHERE id = p_id) THEN
        IF NOT EXISTS (SELECT FROM villages_transfer WHERE id = p_id AND debit_id = till AND amount = p_amount) THEN
            RAISE EXCEPTION 'this key was used for something else' USING ERRCODE = 'VL004';
        END IF;
        RETURN true;
    END IF;
    PERFORM villages_post(p_id, till, treasury, home, NULL, p_amount, 'settle', '', NULL, p_id, NULL, p_actor, p_memo,
        NULL, p_now, p_day);
    RETURN false;
END $$;
