-- Any number of people in one call: ``p_kind`` merged (within a village) or moved (between villages of one town). All or
-- nothing; a pair that went on before is answered again. Points put aside for a pick-up must be released first.
CREATE OR REPLACE FUNCTION villages_move(
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
    -- An account to lock for everybody, who leaves and who stays: an award that comes at the same moment waits for it, so
    -- it reads the claims and limits that go along either all or not at all.
    INSERT INTO villages_account (kind, owner_id, vintage, village_id, pseudonym, posted, held, floor, reserve, opened_at)
    SELECT 'resident', r.id, this_vintage, r.village_id, villages_pseudonym(), 0, 0, 0, 0, p_now
    FROM villages_resident r WHERE r.id = ANY (p_from || p_to) ORDER BY r.id ON CONFLICT DO NOTHING;
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
