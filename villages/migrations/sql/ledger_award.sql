-- Awards: claims, caps, transfers and balances in one call. Locks come first, in one fixed order (people,
-- households, pools); what they guard is read by later statements, each with a fresh view. Statements that touch
-- tables go by key and are planned once, for every size of the book: a plan that suits the first rows of an empty one
-- (reading it whole, once for each item) would otherwise be kept, or a new one be made at every call. Without scans and
-- without hashing or merging, a join by a unique key is a look into its index.

-- One award, the path of a tap, in four statements: what every one costs to begin is most of what an award costs. The
-- caps come as columns. The pool, which a whole village draws on, is locked by the last statement; earlier only where a
-- limit of the village is asked for, which it guards, and where it may run dry.
CREATE OR REPLACE FUNCTION villages_award_one(
    p_key uuid, p_resident bigint, p_task uuid, p_date date, p_asked int, p_rule text, p_set int, p_exempt boolean,
    p_cap_level int[], p_cap_code text[], p_cap_window timestamptz[], p_cap_limit int[], p_cap_measure int[],
    p_actor bigint, p_memo text, p_topic text, p_now timestamptz, p_day date,
    OUT r_key uuid, OUT r_granted int, OUT r_reason text, OUT r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    this_vintage int := extract(year FROM p_day)::int;
    village bigint;
    household bigint;
    standing text;
    is_known boolean;
    is_same boolean;
    is_claimed boolean;
    is_sealed boolean;
    purse bigint;
    points int := p_asked;
    room int;
    tightest int;
    tightest_code text;
    owners bigint[];
    used int[];
BEGIN
    r_key := p_key; r_granted := 0; r_reason := ''; r_replayed := false;
    SELECT r.village_id, r.household_id, r.status INTO village, household, standing
        FROM villages_resident r WHERE r.id = p_resident;
    -- As villages_open_day: whether the day is sealed is read below, when no sealer can come between any more.
    IF pg_advisory_xact_lock_shared(1447119184, p_day - DATE '2000-01-01') IS NULL THEN
        RETURN;
    END IF;
    SELECT max(a.id) FILTER (WHERE a.vintage = this_vintage) INTO purse FROM (
        SELECT a.id, a.vintage FROM villages_account a
        WHERE a.kind = 'resident' AND a.owner_id = p_resident AND a.closed_at IS NULL
        ORDER BY a.id FOR NO KEY UPDATE) AS a;
    IF purse IS NULL AND standing = 'active' THEN
        purse := villages_open_account('resident', p_resident, this_vintage, village, p_now);
        PERFORM 1 FROM villages_account a WHERE a.id = purse FOR NO KEY UPDATE;
    END IF;
    IF 2 = ANY (p_cap_level) THEN
        PERFORM 1 FROM villages_household h WHERE h.id = household FOR NO KEY UPDATE;
    END IF;
    IF 3 = ANY (p_cap_level) THEN
        PERFORM 1 FROM villages_account a WHERE a.kind = 'pool' AND a.owner_id = village AND a.vintage = 0 FOR NO KEY UPDATE;
    END IF;

    SELECT r.status, s.key IS NOT NULL, s.granted, s.reason,
           (s.resident_id, s.task, s.on_date, s.asked, s.rule_code) = (p_resident, p_task, p_date, p_asked, p_rule)
               AND s.rule_set_id IS NOT DISTINCT FROM p_set,
           d.key IS NOT NULL,
           EXISTS (SELECT FROM villages_dayseal e WHERE e.village_id = r.village_id AND e.day >= p_day),
           c.owners, c.used
        INTO standing, is_known, r_granted, r_reason, is_same, is_claimed, is_sealed, owners, used
        FROM (VALUES (p_key)) AS own (key)
        LEFT JOIN villages_resident r ON r.id = p_resident
        LEFT JOIN villages_claim s ON s.key = own.key
        LEFT JOIN villages_claim d ON d.resident_id = p_resident AND d.task = p_task AND d.on_date = p_date
        LEFT JOIN LATERAL (
            SELECT array_agg(o.owner ORDER BY o.ord) AS owners, array_agg(coalesce(u.used, 0) ORDER BY o.ord) AS used
            FROM (SELECT k.*, CASE k.level WHEN 1 THEN p_resident WHEN 2 THEN r.household_id ELSE r.village_id END AS owner
                  FROM unnest(p_cap_level, p_cap_code, p_cap_window) WITH ORDINALITY AS k (level, code, starts, ord)) AS o
            LEFT JOIN villages_capuse u ON u.owner_id = o.owner AND u.level = o.level AND u.cap_code = o.code
                AND u.window_start = o.starts) AS c ON p_cap_level <> '{}';
    IF is_sealed THEN
        RAISE EXCEPTION 'the journal of % is sealed', p_day USING ERRCODE = 'VL001';
    END IF;
    IF is_known THEN
        r_replayed := is_same;
        IF NOT is_same THEN
            r_granted := 0; r_reason := 'key_reused';
        END IF;
        RETURN;
    END IF;
    r_granted := 0; r_reason := '';
    IF standing IS DISTINCT FROM 'active' OR is_claimed THEN
        r_reason := CASE WHEN standing = 'active' THEN 'claimed' ELSE 'not_active' END;
        RETURN;
    END IF;

    -- The tightest cap of each level, person to village, clips what the level before left.
    FOR at_level IN 1 .. coalesce((p_cap_level <> '{}')::int * 3, 0) LOOP
        tightest := NULL;
        FOR i IN 1 .. cardinality(p_cap_level) LOOP
            CONTINUE WHEN p_cap_level[i] <> at_level OR owners[i] IS NULL;
            room := greatest(p_cap_limit[i] - used[i], 0);
            IF p_cap_measure[i] = 1 AND room > 0 THEN
                room := 2147483647;
            END IF;
            IF tightest IS NULL OR (room, p_cap_code[i]) < (tightest, tightest_code) THEN
                tightest := room;
                tightest_code := p_cap_code[i];
            END IF;
        END LOOP;
        IF tightest < points THEN
            points := tightest;
            r_reason := tightest_code;
        END IF;
    END LOOP;

    -- Where the pool has enough everything is written at once; else what is left of it, locked, is tried once more.
    WHILE points > 0 LOOP
        WITH pool AS (
            UPDATE villages_account a SET posted = a.posted - points
            WHERE a.kind = 'pool' AND a.owner_id = village AND a.vintage = 0
              AND a.posted - a.held - CASE WHEN p_exempt THEN 0 ELSE a.reserve END >= points
            RETURNING a.id),
        balanced AS (
            UPDATE villages_account a SET posted = a.posted + points WHERE a.id = purse AND EXISTS (SELECT FROM pool)),
        posted AS (
            INSERT INTO villages_transfer (id, debit_id, credit_id, village_id, resident_id, amount, code, rule_code,
                rule_set_id, ref, reverses, actor_id, memo, effective_on, posted_on, posted_at)
            SELECT p_key, pool.id, purse, village, p_resident, points, 'award', p_rule, p_set, p_task, NULL, p_actor,
                coalesce(p_memo, ''), p_date, p_day, p_now
            FROM pool),
        counted AS (
            INSERT INTO villages_capuse AS u (owner_id, level, cap_code, window_start, measure, used, cap_limit)
            SELECT c.owner, c.level, c.code, c.starts, max(c.measure),
                   sum(CASE WHEN c.measure = 0 THEN points ELSE 1 END), max(c.most)
            FROM pool, unnest(owners, p_cap_level, p_cap_code, p_cap_window, p_cap_measure, p_cap_limit)
                AS c (owner, level, code, starts, measure, most)
            WHERE c.owner IS NOT NULL GROUP BY c.owner, c.level, c.code, c.starts
            ON CONFLICT (owner_id, level, cap_code, window_start)
            DO UPDATE SET used = u.used + excluded.used, cap_limit = greatest(u.cap_limit, excluded.cap_limit))
        INSERT INTO villages_claim (resident_id, task, on_date, key, asked, granted, reason, rule_code, rule_set_id, draws,
            claimed_at)
        SELECT p_resident, p_task, p_date, p_key, p_asked, points, r_reason, p_rule, p_set, (
                SELECT jsonb_agg(jsonb_build_array(c.level, c.code, c.starts, c.owner,
                                                   CASE WHEN c.measure = 0 THEN points ELSE 1 END))
                FROM unnest(owners, p_cap_level, p_cap_code, p_cap_window, p_cap_measure)
                    AS c (owner, level, code, starts, measure) WHERE c.owner IS NOT NULL), p_now
        FROM pool;
        EXIT WHEN FOUND;
        SELECT least(greatest(a.posted - a.held - CASE WHEN p_exempt THEN 0 ELSE a.reserve END, 0), points) INTO room
            FROM villages_account a WHERE a.kind = 'pool' AND a.owner_id = village AND a.vintage = 0 FOR NO KEY UPDATE;
        IF coalesce(room, 0) < points THEN
            points := coalesce(room, 0);
            r_reason := 'pool';
        END IF;
    END LOOP;
    IF points = 0 THEN
        INSERT INTO villages_claim (resident_id, task, on_date, key, asked, granted, reason, rule_code, rule_set_id, draws,
            claimed_at)
        VALUES (p_resident, p_task, p_date, p_key, p_asked, 0, r_reason, p_rule, p_set, NULL, p_now);
    END IF;
    r_granted := points;
    IF p_topic <> '' THEN
        INSERT INTO villages_outbox (topic, village_id, payload, created_at, attempts, next_try_at, error)
        VALUES (p_topic, village, jsonb_build_object('keys', jsonb_build_array(p_key)), p_now, 0, p_now, '');
    END IF;
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
-- the items before were granted). Caps come in the order of their items. Where all that a stretch asks for fits into
-- its limits and pools, as it mostly does, nothing is clipped and the running sums are not made.
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
    present bigint[];
    found_people int;
    grain int := 1;
    before int[];
    first int := 1;
    last int;
    cap_first int := 1;
    cap_last int;
    has_twice boolean;
    -- Of the stretch, one entry an item; 0 stands for none.
    states text[];
    fresh boolean[];
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
    fits boolean;
    -- One entry a cap of the stretch.
    items int[];
    owners bigint[];
    rooms int[];
    is_kept boolean[];
BEGIN
    SELECT array_agg(DISTINCT r.village_id), array_agg(DISTINCT r.household_id),
           array_agg(r.id) FILTER (WHERE r.status = 'active'), count(*)
        INTO villages, households, present, found_people
        FROM villages_resident r WHERE r.id = ANY (p_residents);
    villages := coalesce(villages, '{}');
    PERFORM villages_open_day(villages, p_day);

    IF (SELECT count(*) FROM villages_account a
        WHERE a.kind = 'resident' AND a.owner_id = ANY (present) AND a.vintage = this_vintage) < cardinality(present) THEN
        INSERT INTO villages_account
            (kind, owner_id, vintage, village_id, pseudonym, posted, held, floor, reserve, opened_at)
        SELECT 'resident', r.id, this_vintage, r.village_id, villages_pseudonym(), 0, 0, 0, 0, p_now
        FROM villages_resident r
        WHERE r.id = ANY (present) AND (
            SELECT a.id FROM villages_account a
            WHERE a.kind = 'resident' AND a.owner_id = r.id AND a.vintage = this_vintage) IS NULL
        ORDER BY r.id ON CONFLICT DO NOTHING;
    END IF;
    PERFORM 1 FROM villages_account
        WHERE kind = 'resident' AND owner_id = ANY (p_residents) AND closed_at IS NULL
        ORDER BY id FOR NO KEY UPDATE;
    IF 2 = ANY (p_cap_level) THEN
        PERFORM 1 FROM villages_household WHERE id = ANY (households) ORDER BY id FOR NO KEY UPDATE;
    END IF;
    PERFORM 1 FROM villages_account WHERE kind = 'pool' AND owner_id = ANY (villages)
        ORDER BY id FOR NO KEY UPDATE;

    -- Two limits over different items of one household or village do not nest: take its items singly.
    IF 2 = ANY (p_cap_level) OR 3 = ANY (p_cap_level) THEN
        SELECT coalesce(max(CASE WHEN kinds > 1 THEN limits.level ELSE 1 END), 1) INTO grain FROM (
            SELECT c.level, count(DISTINCT (c.code, c.starts)) AS kinds
            FROM unnest(p_cap_item, p_cap_level, p_cap_code, p_cap_window) AS c (item, level, code, starts)
            JOIN villages_resident r ON r.id = p_residents[c.item]
            WHERE c.level > 1
            GROUP BY c.level, CASE WHEN c.level = 2 THEN r.household_id ELSE r.village_id END) AS limits;
    END IF;
    IF true = ANY (p_exempt) AND false = ANY (p_exempt) THEN
        grain := 3;
    END IF;
    -- Everybody once: one stretch.
    IF grain > 1 OR found_people < n THEN
        SELECT array_agg(placed.earlier ORDER BY placed.ord) INTO before FROM (
            SELECT i.ord, coalesce(lag(i.ord) OVER (
                PARTITION BY CASE grain WHEN 3 THEN coalesce(r.village_id, -i.resident)
                                        WHEN 2 THEN coalesce(r.household_id, -i.resident)
                                        ELSE i.resident END ORDER BY i.ord), 0) AS earlier
            FROM unnest(p_residents) WITH ORDINALITY AS i (resident, ord)
            LEFT JOIN villages_resident r ON r.id = i.resident) AS placed;
    END IF;
    has_twice := (SELECT count(DISTINCT k.key) FROM unnest(p_keys) AS k (key)) < n;

    WHILE first <= n LOOP
        IF before IS NULL THEN
            last := n;
            cap_last := cardinality(p_cap_item);
        ELSE
            last := first;
            WHILE last < n AND before[last + 1] < first LOOP
                last := last + 1;
            END LOOP;
            cap_last := cap_first - 1;
            WHILE cap_last < cardinality(p_cap_item) AND p_cap_item[cap_last + 1] <= last LOOP
                cap_last := cap_last + 1;
            END LOOP;
        END IF;

        SELECT array_agg(i.state), array_agg(i.state = 'fresh'), array_agg(i.village), array_agg(i.household),
               array_agg(i.purse), array_agg(i.pool), array_agg(i.free), array_agg(i.granted), array_agg(i.reason)
        INTO states, fresh, homes, families, purses, pools, free, earlier, earlier_why
        FROM (
            SELECT CASE WHEN s.key IS NOT NULL THEN
                            CASE WHEN (s.resident_id, s.task, s.on_date, s.asked, s.rule_code)
                                      = (k.resident, k.task, k.on_date, k.asked, k.rule)
                                 AND s.rule_set_id IS NOT DISTINCT FROM k.set_id THEN 'replayed' ELSE 'key_reused' END
                        WHEN has_twice AND k.key = ANY (p_keys[first:first + k.ord::int - 2]) THEN 'key_reused'
                        WHEN r.status IS DISTINCT FROM 'active' THEN 'not_active'
                        WHEN d.key IS NOT NULL THEN 'claimed'
                        ELSE 'fresh' END AS state,
                   coalesce(r.village_id, 0) AS village, coalesce(r.household_id, 0) AS household,
                   coalesce(a.id, 0) AS purse, coalesce(p.id, 0) AS pool,
                   coalesce(p.posted - p.held - CASE WHEN k.exempt THEN 0 ELSE p.reserve END, 0) AS free,
                   coalesce(s.granted, 0) AS granted, coalesce(s.reason, '') AS reason
            FROM unnest(p_keys[first:last], p_residents[first:last], p_tasks[first:last], p_dates[first:last],
                        p_asked[first:last], p_rules[first:last], p_sets[first:last], p_exempt[first:last])
                 WITH ORDINALITY AS k (key, resident, task, on_date, asked, rule, set_id, exempt, ord)
            LEFT JOIN villages_resident r ON r.id = k.resident
            LEFT JOIN villages_claim s ON s.key = k.key
            LEFT JOIN villages_claim d ON d.resident_id = k.resident AND d.task = k.task AND d.on_date = k.on_date
            -- Each looked up by its whole key: as plain joins, and with statistics of a book that held no purse yet, all
            -- accounts of the year were read anew for every item.
            LEFT JOIN LATERAL (
                SELECT x.id FROM villages_account x
                WHERE x.kind = 'resident' AND x.owner_id = k.resident AND x.vintage = this_vintage OFFSET 0) AS a ON true
            LEFT JOIN LATERAL (
                SELECT x.id, x.posted, x.held, x.reserve FROM villages_account x
                WHERE x.kind = 'pool' AND x.owner_id = r.village_id AND x.vintage = 0 OFFSET 0) AS p ON true
            ORDER BY k.ord) AS i;

        items := '{}'; owners := '{}'; rooms := '{}'; is_kept := '{}'; draws := NULL; fits := true;
        IF cap_last >= cap_first THEN
            SELECT array_agg(c.item), array_agg(c.owner), array_agg(c.room), array_agg(c.is_kept)
            INTO items, owners, rooms, is_kept
            FROM (
                SELECT o.item, o.owner, greatest(o.cap_limit - coalesce(u.used, 0), 0) AS room, u.used IS NOT NULL AS is_kept
                FROM (
                    SELECT k.place - first + 1 AS item, k.level, k.code, k.starts, k.cap_limit, k.ord,
                           CASE k.level WHEN 1 THEN p_residents[k.place] WHEN 2 THEN families[k.place - first + 1]
                                        ELSE homes[k.place - first + 1] END AS owner
                    FROM unnest(p_cap_item[cap_first:cap_last], p_cap_level[cap_first:cap_last],
                                p_cap_code[cap_first:cap_last], p_cap_window[cap_first:cap_last],
                                p_cap_limit[cap_first:cap_last])
                         WITH ORDINALITY AS k (place, level, code, starts, cap_limit, ord)) AS o
                LEFT JOIN villages_capuse u ON u.owner_id = o.owner AND u.level = o.level AND u.cap_code = o.code
                    AND u.window_start = o.starts
                ORDER BY o.ord) AS c;
            SELECT coalesce(bool_and(g.wanted <= g.room), true) INTO fits FROM (
                SELECT sum(CASE WHEN c.measure = 0 THEN p_asked[first - 1 + c.item] ELSE 1 END) AS wanted,
                       min(c.room) AS room
                FROM unnest(items, owners, rooms, p_cap_level[cap_first:cap_last], p_cap_code[cap_first:cap_last],
                            p_cap_window[cap_first:cap_last], p_cap_measure[cap_first:cap_last])
                     AS c (item, owner, room, level, code, starts, measure)
                WHERE c.owner <> 0 AND fresh[c.item] GROUP BY c.owner, c.level, c.code, c.starts) AS g;
        END IF;
        fits := fits AND NOT EXISTS (
            SELECT FROM unnest(fresh, pools, free, p_asked[first:last]) AS i (fresh, pool, free, asked) WHERE i.fresh
            GROUP BY i.pool HAVING sum(i.asked) > min(i.free));
        IF fits THEN
            SELECT array_agg(CASE WHEN i.fresh THEN i.asked ELSE 0 END), array_agg(''::text) INTO won, why
            FROM unnest(fresh, p_asked[first:last]) AS i (fresh, asked);
        ELSE
            SELECT array_agg(s.granted), array_agg(s.reason) INTO won, why
            FROM villages_award_settle(
                fresh, p_asked[first:last], homes, free, items, p_cap_level[cap_first:cap_last],
                p_cap_code[cap_first:cap_last], p_cap_window[cap_first:cap_last], p_cap_measure[cap_first:cap_last],
                owners, rooms) AS s;
        END IF;
        IF cap_last >= cap_first THEN
            -- One entry an item; JSON is read from text in half the time that it takes to be built.
            SELECT array_agg(('[' || d.told || ']')::jsonb ORDER BY d.item) INTO draws FROM (
                SELECT c.item, string_agg(
                    CASE WHEN c.owner <> 0 AND won[c.item] > 0
                        THEN concat('[', c.level, ',', to_json(c.code), ',', to_json(c.starts), ',', c.owner, ',',
                                    CASE WHEN c.measure = 0 THEN won[c.item] ELSE 1 END, ']') END, ',') AS told
                FROM (
                    SELECT * FROM unnest(items, owners, p_cap_level[cap_first:cap_last], p_cap_code[cap_first:cap_last],
                                         p_cap_window[cap_first:cap_last], p_cap_measure[cap_first:cap_last])
                    UNION ALL SELECT i, 0, NULL, NULL, NULL, NULL FROM generate_series(1, last - first + 1) AS i)
                    AS c (item, owner, level, code, starts, measure)
                GROUP BY c.item) AS d;
            WITH wanted AS MATERIALIZED (
                SELECT c.owner, c.level, c.code, c.starts, max(c.measure) AS measure, bool_or(c.is_kept) AS is_kept,
                       sum(CASE WHEN c.measure = 0 THEN won[c.item] ELSE 1 END) AS taken, max(c.cap_limit) AS most
                FROM unnest(items, owners, is_kept, p_cap_level[cap_first:cap_last], p_cap_code[cap_first:cap_last],
                            p_cap_window[cap_first:cap_last], p_cap_limit[cap_first:cap_last],
                            p_cap_measure[cap_first:cap_last])
                     AS c (item, owner, is_kept, level, code, starts, cap_limit, measure)
                WHERE c.owner <> 0 AND won[c.item] > 0 GROUP BY c.owner, c.level, c.code, c.starts),
            -- The locks guard these rows too: who was not there is not there now.
            added AS (
                INSERT INTO villages_capuse (owner_id, level, cap_code, window_start, measure, used, cap_limit)
                SELECT w.owner, w.level, w.code, w.starts, w.measure, w.taken, w.most FROM wanted w WHERE NOT w.is_kept)
            UPDATE villages_capuse u SET used = u.used + w.taken, cap_limit = greatest(u.cap_limit, w.most)
            FROM wanted w WHERE w.is_kept AND u.owner_id = w.owner AND u.level = w.level AND u.cap_code = w.code
                AND u.window_start = w.starts;
        END IF;

        INSERT INTO villages_claim (resident_id, task, on_date, key, asked, granted, reason, rule_code, rule_set_id,
                                    draws, claimed_at)
        SELECT i.resident, i.task, i.on_date, i.key, i.asked, i.won, i.why, i.rule, i.set_id, i.draws, p_now
        FROM unnest(fresh, p_residents[first:last], p_tasks[first:last], p_dates[first:last], p_keys[first:last],
                    p_asked[first:last], won, why, p_rules[first:last], p_sets[first:last], draws)
             AS i (fresh, resident, task, on_date, key, asked, won, why, rule, set_id, draws)
        WHERE i.fresh;
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
