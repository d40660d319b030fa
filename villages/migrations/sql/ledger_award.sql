-- Awards: claims, caps, transfers and balances in one call. Locks come first, in one fixed order (people,
-- households, pools); what they guard is read by later statements, each with a fresh view. Statements that touch
-- tables go by key and are planned once, for every size of the book: a plan that suits the first rows of an empty one
-- (reading it whole, once for each item) would otherwise be kept, or a new one be made at every call. Scalar subqueries
-- leave the planner no other way than the key.

-- One award, in plain steps: the path of a tap. ``p_caps`` is [[level, code, window start, limit, measure], …]. The
-- pool, which a whole village draws on, is locked late; only a pool that may run dry is locked before it is read.
CREATE OR REPLACE FUNCTION villages_award_one(
    p_key uuid, p_resident bigint, p_task uuid, p_date date, p_asked int, p_rule text, p_set int, p_exempt boolean,
    p_caps jsonb, p_actor bigint, p_memo text, p_topic text, p_now timestamptz, p_day date)
RETURNS TABLE (r_key uuid, r_granted int, r_reason text, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    this_vintage int := extract(year FROM p_day)::int;
    village bigint;
    household bigint;
    standing text;
    prior record;
    own record;
    purse bigint;
    pool bigint;
    room int;
    tightest int;
    tightest_code text;
    points int := p_asked;
    why text := '';
    drawn jsonb;
    owner bigint;
    taken int;
BEGIN
    SELECT r.village_id, r.household_id, r.status INTO village, household, standing
        FROM villages_resident r WHERE r.id = p_resident;
    PERFORM villages_open_day(ARRAY[village], p_day);
    FOR own IN SELECT a.id, a.vintage FROM villages_account a
        WHERE a.kind = 'resident' AND a.owner_id = p_resident AND a.closed_at IS NULL ORDER BY a.id FOR NO KEY UPDATE
    LOOP
        IF own.vintage = this_vintage THEN
            purse := own.id;
        END IF;
    END LOOP;
    IF purse IS NULL AND standing = 'active' THEN
        purse := villages_open_account('resident', p_resident, this_vintage, village, p_now);
        PERFORM 1 FROM villages_account a WHERE a.id = purse FOR NO KEY UPDATE;
    END IF;
    IF p_caps @? '$[*] ? (@[0] == 2)' THEN
        PERFORM 1 FROM villages_household h WHERE h.id = household FOR NO KEY UPDATE;
    END IF;

    SELECT c.granted, c.reason, (c.resident_id, c.task, c.on_date, c.asked, c.rule_code)
            = (p_resident, p_task, p_date, p_asked, p_rule) AND c.rule_set_id IS NOT DISTINCT FROM p_set AS is_same
        INTO prior FROM villages_claim c WHERE c.key = p_key;
    IF FOUND THEN
        RETURN QUERY SELECT p_key, CASE WHEN prior.is_same THEN prior.granted ELSE 0 END,
            CASE WHEN prior.is_same THEN prior.reason ELSE 'key_reused' END::text, prior.is_same;
        RETURN;
    END IF;
    SELECT r.household_id, CASE WHEN r.status <> 'active' THEN 'not_active' WHEN c.key IS NOT NULL THEN 'claimed' END
        INTO household, standing FROM villages_resident r
        LEFT JOIN villages_claim c ON c.resident_id = r.id AND c.task = p_task AND c.on_date = p_date
        WHERE r.id = p_resident;
    IF NOT FOUND OR standing IS NOT NULL THEN
        RETURN QUERY SELECT p_key, 0, coalesce(standing, 'not_active'), false;
        RETURN;
    END IF;

    -- The tightest cap of each level, person to village, clips what the level before left.
    FOR at_level IN 1 .. CASE WHEN p_caps @? '$[*] ? (@[0] == 3)' THEN 3 WHEN p_caps @? '$[*] ? (@[0] == 2)' THEN 2 ELSE 1 END LOOP
        tightest := NULL;
        owner := CASE at_level WHEN 1 THEN p_resident WHEN 2 THEN household ELSE village END;
        FOR own IN SELECT c ->> 1 AS code, (c ->> 3)::int AS cap_limit, (c ->> 4)::int AS measure, (
                SELECT u.used FROM villages_capuse u WHERE u.owner_id = owner AND u.level = at_level
                    AND u.cap_code = c ->> 1 AND u.window_start = (c ->> 2)::timestamptz) AS used
            FROM jsonb_array_elements(p_caps) AS c WHERE (c ->> 0)::int = at_level AND owner IS NOT NULL
        LOOP
            room := greatest(own.cap_limit - coalesce(own.used, 0), 0);
            IF own.measure = 1 AND room > 0 THEN
                room := 2147483647;
            END IF;
            IF tightest IS NULL OR (room, own.code) < (tightest, tightest_code) THEN
                tightest := room;
                tightest_code := own.code;
            END IF;
        END LOOP;
        IF tightest < points THEN
            points := tightest;
            why := tightest_code;
        END IF;
    END LOOP;
    IF points > 0 THEN
        UPDATE villages_account a SET posted = a.posted - points WHERE a.kind = 'pool' AND a.owner_id = village
            AND a.vintage = 0 AND a.posted - a.held - CASE WHEN p_exempt THEN 0 ELSE a.reserve END >= points
            RETURNING a.id INTO pool;
        IF pool IS NULL THEN
            SELECT a.id, greatest(a.posted - a.held - CASE WHEN p_exempt THEN 0 ELSE a.reserve END, 0) INTO pool, room
                FROM villages_account a WHERE a.kind = 'pool' AND a.owner_id = village FOR NO KEY UPDATE;
            IF coalesce(room, 0) < points THEN
                points := coalesce(room, 0);
                why := 'pool';
            END IF;
            UPDATE villages_account a SET posted = a.posted - points WHERE a.id = pool AND points > 0;
        END IF;
    END IF;

    IF points > 0 THEN
        FOR own IN SELECT (c ->> 0)::int AS level, c ->> 1 AS code, (c ->> 2)::timestamptz AS starts,
                (c ->> 3)::int AS cap_limit, (c ->> 4)::int AS measure FROM jsonb_array_elements(p_caps) AS c
        LOOP
            owner := CASE own.level WHEN 1 THEN p_resident WHEN 2 THEN household ELSE village END;
            CONTINUE WHEN owner IS NULL;
            taken := CASE WHEN own.measure = 0 THEN points ELSE 1 END;
            INSERT INTO villages_capuse AS u (owner_id, level, cap_code, window_start, measure, used, cap_limit)
            VALUES (owner, own.level, own.code, own.starts, own.measure, taken, own.cap_limit)
            ON CONFLICT (owner_id, level, cap_code, window_start)
            DO UPDATE SET used = u.used + excluded.used, cap_limit = greatest(u.cap_limit, excluded.cap_limit);
            drawn := coalesce(drawn, '[]') || jsonb_build_array(
                jsonb_build_array(own.level, own.code, own.starts, owner, taken));
        END LOOP;
        INSERT INTO villages_transfer (id, debit_id, credit_id, village_id, resident_id, amount, code, rule_code,
            rule_set_id, ref, reverses, actor_id, memo, effective_on, posted_on, posted_at)
        VALUES (p_key, pool, purse, village, p_resident, points, 'award', p_rule, p_set, p_task, NULL, p_actor,
            coalesce(p_memo, ''), p_date, p_day, p_now);
        UPDATE villages_account a SET posted = a.posted + points WHERE a.id = purse;
    END IF;
    INSERT INTO villages_claim (resident_id, task, on_date, key, asked, granted, reason, rule_code, rule_set_id, draws,
        claimed_at)
    VALUES (p_resident, p_task, p_date, p_key, p_asked, points, why, p_rule, p_set, drawn, p_now);
    IF p_topic <> '' THEN
        INSERT INTO villages_outbox (topic, village_id, payload, created_at, attempts, next_try_at, error)
        VALUES (p_topic, village, jsonb_build_object('keys', jsonb_build_array(p_key)), p_now, 0, p_now, '');
    END IF;
    RETURN QUERY SELECT p_key, points, why, false;
END $$;

-- What each item of a stretch is granted, from what was read of it: arithmetic only, no table. The arrays run over the
-- items, those of caps over the caps of these (``p_cap_item`` counts from 1 in the stretch; who has no household has
-- ``owner`` 0). An item that is not fresh is granted nothing. Joins of thousands of rows that the planner takes for
-- ten must not be nested loops.
CREATE OR REPLACE FUNCTION villages_award_settle(
    p_fresh boolean[], p_asked int[], p_village bigint[], p_free bigint[], p_cap_item int[], p_cap_level int[],
    p_cap_code text[], p_cap_window timestamptz[], p_cap_measure int[], p_cap_owner bigint[], p_cap_room int[])
RETURNS TABLE (granted int, reason text, draws jsonb)
LANGUAGE sql STABLE SET search_path = public, pg_temp
SET enable_nestloop = off SET enable_hashjoin = on SET enable_mergejoin = on AS $$
    WITH item AS MATERIALIZED (
        SELECT i.ord::int AS ord, i.asked, i.village, i.free
        FROM unnest(p_fresh, p_asked, p_village, p_free) WITH ORDINALITY AS i (fresh, asked, village, free, ord)
        WHERE i.fresh),
    cap AS MATERIALIZED (
        SELECT * FROM unnest(p_cap_item, p_cap_level, p_cap_code, p_cap_window, p_cap_measure, p_cap_owner, p_cap_room)
            AS c (ord, level, code, starts, measure, owner, room) WHERE c.owner <> 0),
    person_room AS (
        SELECT DISTINCT ON (ord) ord, code,
               CASE WHEN measure = 0 THEN room WHEN room > 0 THEN 2147483647 ELSE 0 END AS room
        FROM cap WHERE level = 1 ORDER BY ord, 3, code),
    person AS (
        SELECT i.*, least(i.asked, c.room) AS points, CASE WHEN c.room < i.asked THEN c.code END AS why
        FROM item i LEFT JOIN person_room c USING (ord)),
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
        SELECT p.ord, p.village, p.free, least(p.points, c.room) AS points,
               CASE WHEN c.room < p.points THEN c.code ELSE p.why END AS why
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
        SELECT h.ord, h.village, h.free, least(h.points, c.room) AS points,
               CASE WHEN c.room < h.points THEN c.code ELSE h.why END AS why
        FROM household h LEFT JOIN village_room c USING (ord)),
    funded AS (
        SELECT v.*, greatest(v.free - coalesce(sum(v.points) OVER (
            PARTITION BY v.village ORDER BY v.ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0), 0) AS room
        FROM village v),
    outcome AS MATERIALIZED (
        SELECT f.ord, least(f.points, f.room)::int AS granted,
               CASE WHEN f.room < f.points THEN 'pool' ELSE coalesce(f.why, '') END AS reason
        FROM funded f),
    drawn AS (
        SELECT c.ord, jsonb_agg(jsonb_build_array(c.level, c.code, c.starts, c.owner,
                                                  CASE WHEN c.measure = 0 THEN o.granted ELSE 1 END)) AS draws
        FROM cap c JOIN outcome o USING (ord) WHERE o.granted > 0 GROUP BY c.ord)
    SELECT coalesce(o.granted, 0), coalesce(o.reason, ''), d.draws
    FROM generate_series(1, cardinality(p_fresh)) AS i (ord)
    LEFT JOIN outcome o USING (ord) LEFT JOIN drawn d USING (ord) ORDER BY i.ord
$$;

-- Up to some thousand awards. The result equals taking the items one by one in their order: a batch is cut into
-- stretches in which every resident (household, village: where their caps ask for it) occurs once, and within a
-- stretch a limit shared by several items is clipped by its running sum: granted = min(asked, limit - used - what
-- the items before were granted). Caps come in the order of their items.
CREATE OR REPLACE FUNCTION villages_award(
    p_keys uuid[], p_residents bigint[], p_tasks uuid[], p_dates date[], p_asked int[],
    p_rules text[], p_sets int[], p_exempt boolean[],
    p_cap_item int[], p_cap_level int[], p_cap_code text[], p_cap_window timestamptz[], p_cap_limit int[],
    p_cap_measure int[],
    p_actor bigint, p_memo text, p_topic text, p_now timestamptz, p_day date)
RETURNS TABLE (r_key uuid, r_granted int, r_reason text, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    n int := cardinality(p_keys);
    this_vintage int := extract(year FROM p_day)::int;
    villages bigint[];
    households bigint[];
    grain int := 1;
    before int[];
    first int := 1;
    last int;
    cap_first int := 1;
    cap_last int;
    -- Of the stretch, one entry an item; 0 stands for none.
    states text[];
    homes bigint[];
    families bigint[];
    purses bigint[];
    pools bigint[];
    free bigint[];
    earlier int[];
    earlier_why text[];
    won int[];
    why text[];
    draws jsonb[];
    -- One entry a cap of the stretch.
    items int[];
    owners bigint[];
    rooms int[];
BEGIN
    SELECT array_agg(DISTINCT r.village_id), array_agg(DISTINCT r.household_id) INTO villages, households
        FROM villages_resident r WHERE r.id = ANY (p_residents);
    villages := coalesce(villages, '{}');
    PERFORM villages_open_day(villages, p_day);

    INSERT INTO villages_account
        (kind, owner_id, vintage, village_id, pseudonym, posted, held, floor, reserve, opened_at)
    SELECT 'resident', r.id, this_vintage, r.village_id, villages_pseudonym(), 0, 0, 0, 0, p_now
    FROM villages_resident r
    WHERE r.id = ANY (p_residents) AND r.status = 'active' AND (
        SELECT a.id FROM villages_account a WHERE a.kind = 'resident' AND a.owner_id = r.id AND a.vintage = this_vintage)
        IS NULL
    ORDER BY r.id ON CONFLICT DO NOTHING;
    PERFORM 1 FROM villages_account
        WHERE kind = 'resident' AND owner_id = ANY (p_residents) AND closed_at IS NULL
        ORDER BY id FOR NO KEY UPDATE;
    IF 2 = ANY (p_cap_level) THEN
        PERFORM 1 FROM villages_household WHERE id = ANY (households) ORDER BY id FOR NO KEY UPDATE;
    END IF;
    PERFORM 1 FROM villages_account WHERE kind = 'pool' AND owner_id = ANY (villages)
        ORDER BY id FOR NO KEY UPDATE;

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

    WHILE first <= n LOOP
        last := first;
        WHILE last < n AND before[last + 1] < first LOOP
            last := last + 1;
        END LOOP;
        cap_last := cap_first - 1;
        WHILE cap_last < cardinality(p_cap_item) AND p_cap_item[cap_last + 1] <= last LOOP
            cap_last := cap_last + 1;
        END LOOP;

        SELECT array_agg(i.state), array_agg(i.village), array_agg(i.household), array_agg(i.purse), array_agg(i.pool),
               array_agg(i.free), array_agg(i.granted), array_agg(i.reason)
        INTO states, homes, families, purses, pools, free, earlier, earlier_why
        FROM (
            SELECT CASE WHEN (u.same).key IS NOT NULL THEN
                            CASE WHEN ((u.same).resident_id, (u.same).task, (u.same).on_date, (u.same).asked,
                                       (u.same).rule_code) = (u.resident, u.task, u.on_date, u.asked, u.rule)
                                 AND (u.same).rule_set_id IS NOT DISTINCT FROM u.set_id
                                 THEN 'replayed' ELSE 'key_reused' END
                        WHEN count(*) OVER (PARTITION BY u.key ORDER BY u.ord) > 1 THEN 'key_reused'
                        WHEN (u.who).status IS DISTINCT FROM 'active' THEN 'not_active'
                        WHEN (SELECT c.key FROM villages_claim c WHERE c.resident_id = u.resident AND c.task = u.task
                              AND c.on_date = u.on_date) IS NOT NULL THEN 'claimed'
                        ELSE 'fresh' END AS state,
                   coalesce((u.who).village_id, 0) AS village, coalesce((u.who).household_id, 0) AS household,
                   coalesce((SELECT a.id FROM villages_account a WHERE a.kind = 'resident' AND a.owner_id = u.resident
                             AND a.vintage = this_vintage), 0) AS purse,
                   coalesce((u.pool).id, 0) AS pool,
                   coalesce((u.pool).posted - (u.pool).held - CASE WHEN u.exempt THEN 0 ELSE (u.pool).reserve END, 0) AS free,
                   coalesce((u.same).granted, 0) AS granted, coalesce((u.same).reason, '') AS reason, u.ord
            FROM (
                SELECT n.*, (SELECT p FROM villages_account p WHERE p.kind = 'pool' AND p.owner_id = (n.who).village_id) AS pool
                FROM (
                    SELECT k.*, (SELECT r FROM villages_resident r WHERE r.id = k.resident) AS who,
                           (SELECT c FROM villages_claim c WHERE c.key = k.key) AS same
                    FROM unnest(p_keys[first:last], p_residents[first:last], p_tasks[first:last], p_dates[first:last],
                                p_asked[first:last], p_rules[first:last], p_sets[first:last], p_exempt[first:last])
                         WITH ORDINALITY AS k (key, resident, task, on_date, asked, rule, set_id, exempt, ord)
                    OFFSET 0) AS n
                OFFSET 0) AS u
            ORDER BY u.ord) AS i;
        SELECT coalesce(array_agg(c.item), '{}'), coalesce(array_agg(c.owner), '{}'), coalesce(array_agg(c.room), '{}')
        INTO items, owners, rooms
        FROM (
            SELECT o.item, o.owner, greatest(o.cap_limit - coalesce((
                       SELECT u.used FROM villages_capuse u WHERE u.owner_id = o.owner AND u.level = o.level
                       AND u.cap_code = o.code AND u.window_start = o.starts), 0), 0) AS room
            FROM (
                SELECT c.*, CASE c.level WHEN 1 THEN p_residents[first - 1 + c.item] WHEN 2 THEN families[c.item]
                                         ELSE homes[c.item] END AS owner
                FROM (SELECT k.place - first + 1 AS item, k.level, k.code, k.starts, k.cap_limit, k.ord
                      FROM unnest(p_cap_item[cap_first:cap_last], p_cap_level[cap_first:cap_last],
                                  p_cap_code[cap_first:cap_last], p_cap_window[cap_first:cap_last],
                                  p_cap_limit[cap_first:cap_last])
                           WITH ORDINALITY AS k (place, level, code, starts, cap_limit, ord)) AS c) AS o
            ORDER BY o.ord) AS c;
        SELECT array_agg(s.granted), array_agg(s.reason), array_agg(s.draws) INTO won, why, draws
        FROM villages_award_settle(
            (SELECT array_agg(s = 'fresh') FROM unnest(states) AS s), p_asked[first:last], homes, free, items,
            p_cap_level[cap_first:cap_last], p_cap_code[cap_first:cap_last], p_cap_window[cap_first:cap_last],
            p_cap_measure[cap_first:cap_last], owners, rooms) AS s;

        INSERT INTO villages_claim (resident_id, task, on_date, key, asked, granted, reason, rule_code, rule_set_id,
                                    draws, claimed_at)
        SELECT i.resident, i.task, i.on_date, i.key, i.asked, i.won, i.why, i.rule, i.set_id, i.draws, p_now
        FROM unnest(states, p_residents[first:last], p_tasks[first:last], p_dates[first:last], p_keys[first:last],
                    p_asked[first:last], won, why, p_rules[first:last], p_sets[first:last], draws)
             AS i (state, resident, task, on_date, key, asked, won, why, rule, set_id, draws)
        WHERE i.state = 'fresh';
        INSERT INTO villages_capuse AS u (owner_id, level, cap_code, window_start, measure, used, cap_limit)
        SELECT c.owner, c.level, c.code, c.starts, max(c.measure),
               sum(CASE WHEN c.measure = 0 THEN won[c.item] ELSE 1 END), max(c.cap_limit)
        FROM unnest(items, owners, p_cap_level[cap_first:cap_last], p_cap_code[cap_first:cap_last],
                    p_cap_window[cap_first:cap_last], p_cap_limit[cap_first:cap_last], p_cap_measure[cap_first:cap_last])
             AS c (item, owner, level, code, starts, cap_limit, measure)
        WHERE c.owner <> 0 AND won[c.item] > 0 GROUP BY c.owner, c.level, c.code, c.starts
        ON CONFLICT (owner_id, level, cap_code, window_start)
        DO UPDATE SET used = u.used + excluded.used, cap_limit = greatest(u.cap_limit, excluded.cap_limit);
        INSERT INTO villages_transfer (id, debit_id, credit_id, village_id, resident_id, amount, code, rule_code,
            rule_set_id, ref, reverses, actor_id, memo, effective_on, posted_on, posted_at)
        SELECT i.key, i.pool, i.purse, i.village, i.resident, i.won, 'award', i.rule, i.set_id, i.task, NULL,
               p_actor, coalesce(p_memo, ''), i.on_date, p_day, p_now
        FROM unnest(p_keys[first:last], pools, purses, homes, p_residents[first:last], won, p_rules[first:last],
                    p_sets[first:last], p_tasks[first:last], p_dates[first:last])
             AS i (key, pool, purse, village, resident, won, rule, set_id, task, on_date)
        WHERE i.won > 0;
        UPDATE villages_account a SET posted = a.posted + i.won FROM unnest(purses, won) AS i (purse, won)
            WHERE a.id = i.purse AND i.won > 0;
        UPDATE villages_account a SET posted = a.posted - s.points
            FROM (SELECT i.pool, sum(i.won) AS points FROM unnest(pools, won) AS i (pool, won) WHERE i.won > 0
                  GROUP BY i.pool) AS s
            WHERE a.id = s.pool;
        RETURN QUERY SELECT i.key, CASE WHEN i.state = 'replayed' THEN i.earlier ELSE i.won END,
                            CASE i.state WHEN 'fresh' THEN i.why WHEN 'replayed' THEN i.earlier_why ELSE i.state END,
                            i.state = 'replayed'
        FROM unnest(p_keys[first:last], states, won, why, earlier, earlier_why)
             AS i (key, state, won, why, earlier, earlier_why);
        first := last + 1;
        cap_first := cap_last + 1;
    END LOOP;

    IF p_topic <> '' THEN
        INSERT INTO villages_outbox (topic, village_id, payload, created_at, attempts, next_try_at, error)
        SELECT p_topic, r.village_id, jsonb_build_object('keys', jsonb_agg(c.key)), p_now, 0, p_now, ''
        FROM villages_claim c JOIN villages_resident r ON r.id = c.resident_id
        WHERE c.key = ANY (p_keys) AND c.claimed_at = p_now GROUP BY r.village_id;
    END IF;
END $$;
