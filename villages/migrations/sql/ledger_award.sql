-- Claims, caps, transfers and balances of up to some thousand awards in one call. The result equals taking
-- the items one by one in their order: a batch is cut into stretches in which every resident (household,
-- village: where their caps ask for it) occurs once, and within a stretch a limit shared by several items is
-- clipped by its running sum: granted = min(asked, limit - used - what the items before were granted).
-- Locks come first, in one fixed order; what they guard is read by later statements, with a fresh view.
CREATE FUNCTION villages_award(
    p_keys uuid[], p_residents bigint[], p_tasks uuid[], p_dates date[], p_asked int[],
    p_rules text[], p_sets int[], p_exempt boolean[],
    p_cap_item int[], p_cap_level int[], p_cap_code text[], p_cap_window timestamptz[], p_cap_limit int[],
    p_cap_measure int[],
    p_actor bigint, p_memo text, p_topic text, p_now timestamptz, p_day date)
RETURNS TABLE (r_key uuid, r_granted int, r_reason text, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    n int := cardinality(p_keys);
    this_vintage int := extract(year FROM p_day)::int;
    villages bigint[];
    households bigint[];
    grain int := 1;
    before int[];
    first int := 1;
    last int;
BEGIN
    SELECT array_agg(DISTINCT r.village_id), array_agg(DISTINCT r.household_id) INTO villages, households
        FROM villages_resident r WHERE r.id = ANY (p_residents);
    villages := coalesce(villages, '{}');
    PERFORM villages_open_day(villages, p_day);

    INSERT INTO villages_account
        (kind, owner_id, vintage, village_id, pseudonym, posted, held, floor, reserve, opened_at)
    SELECT 'resident', r.id, this_vintage, r.village_id, villages_pseudonym(), 0, 0, 0, 0, p_now
    FROM villages_resident r
    WHERE r.id = ANY (p_residents) AND r.status = 'active' AND NOT EXISTS (
        SELECT FROM villages_account a WHERE a.kind = 'resident' AND a.owner_id = r.id AND a.vintage = this_vintage)
    ORDER BY r.id ON CONFLICT DO NOTHING;
    PERFORM 1 FROM villages_account
        WHERE kind = 'resident' AND owner_id = ANY (p_residents) AND closed_at IS NULL
        ORDER BY id FOR NO KEY UPDATE;
    IF 2 = ANY (p_cap_level) THEN
        PERFORM 1 FROM villages_household WHERE id = ANY (households) ORDER BY id FOR NO KEY UPDATE;
    END IF;
    PERFORM 1 FROM villages_account WHERE kind = 'pool' AND owner_id = ANY (villages)
        ORDER BY id FOR NO KEY UPDATE;

    IF n > 1 THEN
        -- Two limits over different items of one household or village do not nest: take its items singly.
        SELECT coalesce(max(CASE WHEN kinds > 1 THEN limits.level ELSE 1 END), 1) INTO grain FROM (
            SELECT c.level, count(DISTINCT (c.code, c.starts)) AS kinds
            FROM unnest(p_cap_item, p_cap_level, p_cap_code, p_cap_window) AS c (item, level, code, starts)
            JOIN villages_resident r ON r.id = p_residents[c.item]
            WHERE c.level > 1
            GROUP BY c.level, CASE WHEN c.level = 2 THEN r.household_id ELSE r.village_id END) AS limits;
        IF true = ANY (p_exempt) AND false = ANY (p_exempt) THEN
            grain := 3;
        END IF;
        SELECT array_agg(placed.earlier ORDER BY placed.ord) INTO before FROM (
            SELECT i.ord, coalesce(lag(i.ord) OVER (
                PARTITION BY CASE grain WHEN 3 THEN coalesce(r.village_id, -i.resident)
                                        WHEN 2 THEN coalesce(r.household_id, -i.resident)
                                        ELSE i.resident END ORDER BY i.ord), 0) AS earlier
            FROM unnest(p_residents) WITH ORDINALITY AS i (resident, ord)
            LEFT JOIN villages_resident r ON r.id = i.resident) AS placed;
    END IF;

    WHILE first <= n LOOP
        last := first;
        WHILE last < n AND before[last + 1] < first LOOP
            last := last + 1;
        END LOOP;

        RETURN QUERY WITH
        item AS MATERIALIZED (
            SELECT first - 1 + i.ord::int AS ord, i.key, i.resident, i.task, i.on_date, i.asked, i.rule, i.set_id,
                   i.exempt, r.village_id, r.household_id,
                   CASE WHEN same.key IS NOT NULL THEN
                            CASE WHEN (same.resident_id, same.task, same.on_date, same.asked, same.rule_code)
                                    = (i.resident, i.task, i.on_date, i.asked, i.rule)
                                 AND same.rule_set_id IS NOT DISTINCT FROM i.set_id
                                 THEN 'replayed' ELSE 'key_reused' END
                        WHEN count(*) OVER (PARTITION BY i.key ORDER BY i.ord) > 1 THEN 'key_reused'
                        WHEN r.status IS DISTINCT FROM 'active' THEN 'not_active'
                        WHEN done.key IS NOT NULL THEN 'claimed'
                        ELSE 'fresh' END AS state,
                   same.granted AS old_granted, same.reason AS old_reason
            FROM unnest(p_keys[first:last], p_residents[first:last], p_tasks[first:last], p_dates[first:last],
                        p_asked[first:last], p_rules[first:last], p_sets[first:last], p_exempt[first:last])
                 WITH ORDINALITY AS i (key, resident, task, on_date, asked, rule, set_id, exempt, ord)
            LEFT JOIN villages_resident r ON r.id = i.resident
            LEFT JOIN villages_claim same ON same.key = i.key
            LEFT JOIN villages_claim done
                ON done.resident_id = i.resident AND done.task = i.task AND done.on_date = i.on_date),
        cap AS MATERIALIZED (
            SELECT i.ord, c.level, c.code, c.starts, c.measure, c.cap_limit,
                   CASE c.level WHEN 1 THEN i.resident WHEN 2 THEN i.household_id ELSE i.village_id END AS owner,
                   greatest(c.cap_limit - coalesce(u.used, 0), 0) AS room
            FROM unnest(p_cap_item, p_cap_level, p_cap_code, p_cap_window, p_cap_limit, p_cap_measure)
                 AS c (item, level, code, starts, cap_limit, measure)
            JOIN item i ON i.ord = c.item AND i.state = 'fresh'
            LEFT JOIN villages_capuse u ON u.owner_id
                    = CASE c.level WHEN 1 THEN i.resident WHEN 2 THEN i.household_id ELSE i.village_id END
                AND u.level = c.level AND u.cap_code = c.code AND u.window_start = c.starts
            WHERE CASE c.level WHEN 1 THEN i.resident WHEN 2 THEN i.household_id ELSE i.village_id END IS NOT NULL),
        person_room AS (
            SELECT DISTINCT ON (ord) ord, code,
                   CASE WHEN measure = 0 THEN room WHEN room > 0 THEN 2147483647 ELSE 0 END AS room
            FROM cap WHERE level = 1 ORDER BY ord, 3, code),
        person AS (
            SELECT i.*, least(i.asked, c.room) AS points, CASE WHEN c.room < i.asked THEN c.code END AS why
            FROM item i LEFT JOIN person_room c USING (ord) WHERE i.state = 'fresh'),
        household_room AS (
            SELECT DISTINCT ON (ord) ord, code, room FROM (
                SELECT c.ord, c.code, CASE WHEN c.measure = 0
                    THEN greatest(c.room - coalesce(sum(p.points) OVER earlier, 0), 0)
                    WHEN c.room > coalesce(sum((p.points > 0)::int) OVER earlier, 0) THEN 2147483647
                    ELSE 0 END AS room
                FROM cap c JOIN person p USING (ord) WHERE c.level = 2
                WINDOW earlier AS (PARTITION BY c.owner, c.code, c.starts ORDER BY c.ord
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS clipped
            ORDER BY ord, room, code),
        household AS (
            SELECT p.ord, p.key, p.resident, p.task, p.on_date, p.asked, p.rule, p.set_id, p.exempt, p.village_id,
                   least(p.points, c.room) AS points, CASE WHEN c.room < p.points THEN c.code ELSE p.why END AS why
            FROM person p LEFT JOIN household_room c USING (ord)),
        village_room AS (
            SELECT DISTINCT ON (ord) ord, code, room FROM (
                SELECT c.ord, c.code, CASE WHEN c.measure = 0
                    THEN greatest(c.room - coalesce(sum(h.points) OVER earlier, 0), 0)
                    WHEN c.room > coalesce(sum((h.points > 0)::int) OVER earlier, 0) THEN 2147483647
                    ELSE 0 END AS room
                FROM cap c JOIN household h USING (ord) WHERE c.level = 3
                WINDOW earlier AS (PARTITION BY c.owner, c.code, c.starts ORDER BY c.ord
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS clipped
            ORDER BY ord, room, code),
        village AS (
            SELECT h.*, least(h.points, c.room) AS allowed, CASE WHEN c.room < h.points THEN c.code ELSE h.why END AS why2
            FROM household h LEFT JOIN village_room c USING (ord)),
        funded AS (
            SELECT v.*, p.id AS pool, greatest(coalesce(p.posted - p.held - CASE WHEN v.exempt THEN 0 ELSE p.reserve END, 0)
                - coalesce(sum(v.allowed) OVER (PARTITION BY v.village_id ORDER BY v.ord
                                                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0), 0) AS room
            FROM village v LEFT JOIN villages_account p ON p.kind = 'pool' AND p.owner_id = v.village_id),
        outcome AS MATERIALIZED (
            SELECT f.ord, f.key, f.resident, f.task, f.on_date, f.asked, f.rule, f.set_id, f.village_id, f.pool,
                   least(f.allowed, f.room)::int AS granted,
                   CASE WHEN f.room < f.allowed THEN 'pool' ELSE coalesce(f.why2, '') END AS reason
            FROM funded f),
        taken AS MATERIALIZED (
            SELECT c.ord, c.owner, c.level, c.code, c.starts, c.measure, c.cap_limit,
                   CASE WHEN c.measure = 0 THEN o.granted ELSE 1 END AS used
            FROM cap c JOIN outcome o USING (ord) WHERE o.granted > 0),
        claimed AS (
            INSERT INTO villages_claim (resident_id, task, on_date, key, asked, granted, reason, rule_code,
                                        rule_set_id, draws, claimed_at)
            SELECT o.resident, o.task, o.on_date, o.key, o.asked, o.granted, o.reason, o.rule, o.set_id, d.draws, p_now
            FROM outcome o LEFT JOIN (
                SELECT t.ord, jsonb_agg(jsonb_build_array(t.level, t.code, t.starts, t.owner, t.used)) AS draws
                FROM taken t GROUP BY t.ord) AS d USING (ord)),
        used AS (
            INSERT INTO villages_capuse AS u (owner_id, level, cap_code, window_start, measure, used, cap_limit)
            SELECT t.owner, t.level, t.code, t.starts, max(t.measure), sum(t.used), max(t.cap_limit)
            FROM taken t GROUP BY t.owner, t.level, t.code, t.starts
            ON CONFLICT (owner_id, level, cap_code, window_start)
            DO UPDATE SET used = u.used + excluded.used, cap_limit = greatest(u.cap_limit, excluded.cap_limit)),
        moved AS (
            INSERT INTO villages_transfer (id, debit_id, credit_id, village_id, resident_id, amount, code, rule_code,
                rule_set_id, ref, reverses, actor_id, memo, effective_on, posted_on, posted_at)
            SELECT o.key, o.pool, a.id, o.village_id, o.resident, o.granted, 'award', o.rule, o.set_id, o.task, NULL,
                   p_actor, coalesce(p_memo, ''), o.on_date, p_day, p_now
            FROM outcome o
            JOIN villages_account a ON a.kind = 'resident' AND a.owner_id = o.resident AND a.vintage = this_vintage
            WHERE o.granted > 0),
        credited AS (
            UPDATE villages_account a SET posted = a.posted + o.granted FROM outcome o
            WHERE a.kind = 'resident' AND a.owner_id = o.resident AND a.vintage = this_vintage AND o.granted > 0),
        debited AS (
            UPDATE villages_account a SET posted = a.posted - s.points
            FROM (SELECT o.pool, sum(o.granted) AS points FROM outcome o WHERE o.granted > 0 GROUP BY o.pool) AS s
            WHERE a.id = s.pool)
        SELECT i.key, coalesce(o.granted, CASE WHEN i.state = 'replayed' THEN i.old_granted ELSE 0 END),
               CASE i.state WHEN 'fresh' THEN o.reason WHEN 'replayed' THEN i.old_reason::text ELSE i.state END,
               i.state = 'replayed'
        FROM item i LEFT JOIN outcome o USING (ord) ORDER BY i.ord;
        first := last + 1;
    END LOOP;

    IF p_topic <> '' AND cardinality(villages) > 0 THEN
        INSERT INTO villages_outbox (topic, village_id, payload, created_at, attempts, next_try_at, error)
        SELECT p_topic, r.village_id, jsonb_build_object('keys', jsonb_agg(c.key)), p_now, 0, p_now, ''
        FROM villages_claim c JOIN villages_resident r ON r.id = c.resident_id
        WHERE c.key = ANY (p_keys) AND c.claimed_at = p_now GROUP BY r.village_id;
    END IF;
END $$;
