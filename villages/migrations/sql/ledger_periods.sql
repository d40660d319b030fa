-- The end of a vintage: one statement moves what is free of it to the village's expired points. Points in an open
-- hold stay until it is resolved and expire then (villages_expire_late). ``p_id`` is the caller's UUIDv7.
CREATE FUNCTION villages_expire_vintage(p_id uuid, p_village bigint, p_vintage int, p_now timestamptz, p_day date)
RETURNS TABLE (r_accounts int, r_points bigint, r_replayed boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    sink bigint;
    prior villages_vintageend;
    moved int;
    points bigint;
BEGIN
    PERFORM villages_open_day(ARRAY[p_village], p_day);
    sink := villages_open_account('expired', p_village, 0, p_village, p_now);
    PERFORM 1 FROM villages_account WHERE kind = 'resident' AND village_id = p_village AND vintage = p_vintage
        ORDER BY id FOR NO KEY UPDATE;
    PERFORM villages_lock_accounts(ARRAY[sink]);
    SELECT * INTO prior FROM villages_vintageend WHERE village_id = p_village AND vintage = p_vintage;
    IF FOUND THEN
        RETURN QUERY SELECT prior.accounts, prior.points, true;
        RETURN;
    END IF;
    WITH due AS MATERIALIZED (
        SELECT a.id, a.owner_id, (a.posted - a.held)::int AS free FROM villages_account a
        WHERE a.kind = 'resident' AND a.village_id = p_village AND a.vintage = p_vintage AND a.posted > a.held),
    written AS (
        INSERT INTO villages_transfer (id, debit_id, credit_id, village_id, resident_id, amount, code, rule_code,
            ref, memo, effective_on, posted_on, posted_at)
        SELECT villages_derived_id(p_id, 'expiry:' || d.id), d.id, sink, p_village, d.owner_id, d.free, 'expiry', '',
            p_id, '', p_day, p_day, p_now
        FROM due d),
    emptied AS (UPDATE villages_account a SET posted = a.held, closed_at = p_now FROM due d WHERE a.id = d.id)
    SELECT count(*), coalesce(sum(d.free), 0) INTO moved, points FROM due d;
    UPDATE villages_account a SET posted = a.posted + points WHERE a.id = sink;
    INSERT INTO villages_vintageend (village_id, vintage, ended_at, accounts, points)
        VALUES (p_village, p_vintage, p_now, moved, points);
    INSERT INTO villages_outbox (topic, village_id, payload, created_at, attempts, next_try_at, error)
        VALUES ('expired', p_village, jsonb_build_object('vintage', p_vintage, 'points', points), p_now, 0, p_now, '');
    RETURN QUERY SELECT moved, points, false;
END $$;

-- One line of the journal as it is sealed and exported: accounts by pseudonym, time in UTC.
CREATE FUNCTION villages_journal_line(t villages_transfer, debit text, credit text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT concat_ws('|', t.id, debit, credit, t.amount, t.code, t.rule_code, coalesce(t.rule_set_id::text, ''),
        coalesce(t.reverses::text, ''), t.effective_on,
        to_char(t.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
$$;

CREATE FUNCTION villages_seal_of(p_previous text, p_village_code text, p_day date, p_lines text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(p_previous || E'\n' || p_village_code || E'\n' || p_day || E'\n' || p_lines, 'UTF8')), 'hex')
$$;

-- Seal one day for every village that has begun. The lock waits for whoever still posts into that day; nobody can
-- afterwards. Days are sealed in order, days without a transfer too.
CREATE FUNCTION villages_seal_day(p_day date, p_now timestamptz)
RETURNS int LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    sealed int;
BEGIN
    PERFORM pg_advisory_xact_lock(1447119184, p_day - DATE '2000-01-01');
    IF EXISTS (SELECT FROM (SELECT village_id, max(day) AS day FROM villages_dayseal GROUP BY village_id) AS latest
               WHERE latest.day < p_day - 1) THEN
        RAISE EXCEPTION 'an earlier day is not sealed yet' USING ERRCODE = 'VL005';
    END IF;
    INSERT INTO villages_dayseal (village_id, day, previous, seal, transfers, totals, sealed_at)
    SELECT v.id, p_day, coalesce(before.seal, ''),
           villages_seal_of(coalesce(before.seal, ''), v.code, p_day, coalesce(j.lines, '')),
           coalesce(j.n, 0), coalesce(j.totals, '{}'), p_now
    FROM villages_village v
    LEFT JOIN villages_dayseal before ON before.village_id = v.id AND before.day = p_day - 1
    LEFT JOIN (
        SELECT line.village_id, sum(line.n)::int AS n, string_agg(line.lines, '') AS lines,
               jsonb_object_agg(line.code, jsonb_build_array(line.code_n, line.code_points))
                   FILTER (WHERE line.code IS NOT NULL) AS totals
        FROM (
            SELECT t.village_id, count(*) AS n, NULL::text AS code, NULL::bigint AS code_n, NULL::bigint AS code_points,
                   string_agg(villages_journal_line(t, d.pseudonym, c.pseudonym) || E'\n', '' ORDER BY t.id) AS lines
            FROM villages_transfer t JOIN villages_account d ON d.id = t.debit_id
            JOIN villages_account c ON c.id = t.credit_id WHERE t.posted_on = p_day GROUP BY t.village_id
            UNION ALL
            SELECT t.village_id, 0, t.code, count(*), sum(t.amount), ''
            FROM villages_transfer t WHERE t.posted_on = p_day GROUP BY t.village_id, t.code) AS line
        GROUP BY line.village_id) AS j ON j.village_id = v.id
    WHERE (before.seal IS NOT NULL OR EXISTS (
            SELECT FROM villages_account a WHERE a.kind = 'treasury' AND a.owner_id = v.id))
      AND NOT EXISTS (SELECT FROM villages_dayseal s WHERE s.village_id = v.id AND s.day >= p_day);
    GET DIAGNOSTICS sealed = ROW_COUNT;
    RETURN sealed;
END $$;

-- Several days in their order, in one commit.
CREATE FUNCTION villages_seal_days(p_first date, p_last date, p_now timestamptz)
RETURNS int LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    day date := p_first;
    sealed int := 0;
BEGIN
    WHILE day <= p_last LOOP
        sealed := sealed + villages_seal_day(day, p_now);
        day := day + 1;
    END LOOP;
    RETURN sealed;
END $$;
