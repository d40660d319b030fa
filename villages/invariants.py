"""The ledger's invariants I1-I12 as statements that find what breaks them.

Each statement answers ``(what, detail)`` rows, empty where the invariant holds. ``%(village)s`` null means
the whole book. They read the tables only: nothing here shares code with the functions that post.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Invariant:
    """``code`` I1-I12, what it promises in words a villager reads, and the statement that looks for a breach."""

    code: str
    promise: str
    sql: str


HERE = "(%(village)s::bigint IS NULL OR {}.village_id = %(village)s::bigint)"

INVARIANTS = (
    Invariant(
        "I1",
        "所有账户余额之和为零，积分不会凭空产生或消失",
        f"SELECT '村 ' || a.village_id, '合计 ' || sum(a.posted) FROM villages_account a WHERE {HERE.format('a')}"
        " GROUP BY a.village_id HAVING sum(a.posted) <> 0",
    ),
    Invariant(
        "I2",
        "每个余额都等于收入减去支出，逐笔可查",
        f"""
        SELECT '账户 ' || coalesce(a.id, m.account), '余额 ' || coalesce(a.posted, 0) || '，流水 ' || coalesce(m.total, 0)
        FROM (SELECT * FROM villages_account a WHERE {HERE.format("a")}) a
        FULL JOIN (
            SELECT account, sum(total) AS total FROM (
                SELECT credit_id AS account, sum(amount::bigint) AS total FROM villages_transfer t
                WHERE {HERE.format("t")} GROUP BY credit_id
                UNION ALL
                SELECT debit_id, -sum(amount::bigint) FROM villages_transfer t
                WHERE {HERE.format("t")} GROUP BY debit_id) AS side
            GROUP BY account) AS m ON m.account = a.id
        WHERE coalesce(a.posted, 0) <> coalesce(m.total, 0) OR a.id IS NULL""",
    ),
    Invariant(
        "I3",
        "冻结的积分等于待取货兑换单之和",
        f"""
        SELECT '账户 ' || a.id, '冻结 ' || a.held || '，兑换单 ' || coalesce(h.total, 0)
        FROM villages_account a LEFT JOIN (
            SELECT p.account_id, sum(p.amount) AS total FROM villages_holdpart p
            JOIN villages_hold h ON h.id = p.hold_id WHERE h.state = 'open' GROUP BY p.account_id) AS h
            ON h.account_id = a.id
        WHERE {HERE.format("a")} AND a.held <> coalesce(h.total, 0)""",
    ),
    Invariant(
        "I4",
        "可用积分从不低于下限",
        f"SELECT '账户 ' || a.id, '可用 ' || (a.posted - a.held) FROM villages_account a"
        f" WHERE {HERE.format('a')} AND (a.held < 0 OR a.posted - a.held < a.floor"
        " OR (a.floor IS NULL AND a.kind <> 'treasury'))",
    ),
    Invariant(
        "I5",
        "上限用量等于已发积分之和，且不超过上限",
        """
        SELECT '上限 ' || u.cap_code || ' 归属 ' || u.owner_id,
               '用量 ' || u.used || '，已发 ' || coalesce(d.taken, 0) || '，上限 ' || u.cap_limit
        FROM villages_capuse u
        FULL JOIN (
            -- A person's use goes along to the entry under which the person goes on.
            WITH RECURSIVE line (id, heir) AS (
                SELECT m.from_resident_id, m.to_resident_id FROM villages_residentmove m
                UNION ALL
                SELECT l.id, m.to_resident_id FROM line l JOIN villages_residentmove m ON m.from_resident_id = l.heir),
            taken AS (
                SELECT (x.told ->> 0)::int AS level, x.told ->> 1 AS code, (x.told ->> 2)::timestamptz AS starts,
                       (x.told ->> 3)::bigint AS owner, sum((x.told ->> 4)::int) AS taken
                FROM villages_claim c CROSS JOIN LATERAL jsonb_array_elements(c.draws) AS x (told)
                WHERE c.draws IS NOT NULL
                  AND NOT EXISTS (SELECT FROM villages_transfer t WHERE t.reverses = c.key)
                GROUP BY 1, 2, 3, 4)
            SELECT k.level, k.code, k.starts, coalesce(l.heir, k.owner) AS owner, sum(k.taken) AS taken
            FROM taken k LEFT JOIN line l ON k.level = 1 AND l.id = k.owner
                AND NOT EXISTS (SELECT FROM villages_residentmove m WHERE m.from_resident_id = l.heir)
            GROUP BY 1, 2, 3, 4) AS d
            ON d.level = u.level AND d.code = u.cap_code AND d.starts = u.window_start AND d.owner = u.owner_id
        WHERE (u.used IS DISTINCT FROM coalesce(d.taken, 0) OR u.used > u.cap_limit)
          AND (%(village)s::bigint IS NULL OR coalesce(u.level, d.level) = 3 AND coalesce(u.owner_id, d.owner) = %(village)s
               OR coalesce(u.level, d.level) = 1 AND EXISTS (SELECT FROM villages_resident r
                    WHERE r.id = coalesce(u.owner_id, d.owner) AND r.village_id = %(village)s)
               OR coalesce(u.level, d.level) = 2 AND EXISTS (SELECT FROM villages_household r
                    WHERE r.id = coalesce(u.owner_id, d.owner) AND r.village_id = %(village)s))""",
    ),
    Invariant(
        "I6",
        "同一事项同一天每人只奖励一次，奖励与记录一一对应",
        f"""
        SELECT '村民 ' || c.resident_id, '事项 ' || c.task || ' 重复' FROM villages_claim c
        GROUP BY c.resident_id, c.task, c.on_date HAVING count(*) > 1
        UNION ALL
        SELECT '奖励 ' || coalesce(c.key, t.id), '记录 ' || coalesce(c.granted, 0) || '，入账 ' || coalesce(t.amount, 0)
        FROM (SELECT * FROM villages_claim WHERE granted > 0
              AND (%(village)s::bigint IS NULL OR resident_id IN (
                   SELECT t.resident_id FROM villages_transfer t WHERE t.village_id = %(village)s AND t.code = 'award'))
             ) c
        FULL JOIN (SELECT * FROM villages_transfer t WHERE t.code = 'award' AND {HERE.format("t")}) t ON t.id = c.key
        WHERE (c.granted, c.resident_id) IS DISTINCT FROM (t.amount, t.resident_id)
          AND (t.id IS NOT NULL OR %(village)s::bigint IS NULL)""",
    ),
    Invariant(
        "I7",
        "每张兑换单只结清一次，取消和过期的不扣积分",
        f"""
        SELECT '兑换单 ' || h.id, h.state || ' 应扣 ' || h.captured || '，实扣 ' || coalesce(t.total, 0)
        FROM villages_hold h
        LEFT JOIN (SELECT p.hold_id, sum(p.amount) AS amount, sum(p.captured) AS captured,
                          count(*) FILTER (WHERE p.captured > 0) AS lines
                   FROM villages_holdpart p GROUP BY p.hold_id) AS p ON p.hold_id = h.id
        LEFT JOIN (SELECT ref, sum(amount) AS total, count(*) AS n FROM villages_transfer t
                   WHERE code = 'capture' AND {HERE.format("t")} GROUP BY ref) AS t ON t.ref = h.id
        LEFT JOIN (SELECT hold_id, sum(captured * unit_points) AS total FROM villages_holditem GROUP BY hold_id) AS i
            ON i.hold_id = h.id
        WHERE {HERE.format("h")} AND (
            h.captured <> coalesce(t.total, 0) OR h.captured <> coalesce(p.captured, 0) OR h.amount <> coalesce(p.amount, 0)
            OR coalesce(t.n, 0) <> coalesce(p.lines, 0) OR h.captured <> coalesce(i.total, 0)
            OR (h.state <> 'captured' AND h.captured <> 0) OR (h.state = 'captured' AND h.captured = 0))
        UNION ALL
        SELECT '退还 ' || h.id, '单据 ' || h.refunded || '，入账 ' || coalesce(t.total, 0)
        FROM villages_hold h LEFT JOIN (SELECT ref, sum(amount) AS total FROM villages_transfer t
            WHERE code = 'refund' AND {HERE.format("t")} GROUP BY ref) AS t ON t.ref = h.id
        WHERE {HERE.format("h")} AND h.refunded <> coalesce(t.total, 0)""",
    ),
    Invariant(
        "I8",
        "库存等于进货减兑出减损耗，预留等于待取货数量",
        f"""
        SELECT '商品 ' || s.goods_id, '在库 ' || s.on_hand || '，流水 ' || coalesce(m.total, 0) || '，预留 ' || s.reserved
               || '，待取 ' || coalesce(i.total, 0)
        FROM villages_stock s JOIN villages_goods g ON g.id = s.goods_id JOIN villages_shop p ON p.id = g.shop_id
        LEFT JOIN (SELECT goods_id, sum(quantity) AS total FROM villages_stockmove GROUP BY goods_id) AS m
            ON m.goods_id = s.goods_id
        LEFT JOIN (SELECT i.goods_id, sum(i.quantity) AS total FROM villages_holditem i
                   JOIN villages_hold h ON h.id = i.hold_id WHERE h.state = 'open' GROUP BY i.goods_id) AS i
            ON i.goods_id = s.goods_id
        WHERE {HERE.format("p")} AND (s.on_hand <> coalesce(m.total, 0) OR s.reserved <> coalesce(i.total, 0)
              OR s.reserved < 0 OR s.on_hand < s.reserved)""",
    ),
    Invariant(
        "I9",
        "每笔账最多冲正一次，冲正金额与原账相同",
        f"""
        SELECT '原账 ' || r.reverses, '冲正 ' || count(*) FROM villages_transfer r
        WHERE r.reverses IS NOT NULL AND {HERE.format("r")} GROUP BY r.reverses HAVING count(*) > 1
        UNION ALL
        SELECT '冲正 ' || r.id, '与原账不符' FROM villages_transfer r
        LEFT JOIN villages_transfer o ON o.id = r.reverses
        WHERE r.reverses IS NOT NULL AND {HERE.format("r")} AND (
            o.id IS NULL OR (o.amount, o.debit_id, o.credit_id) IS DISTINCT FROM (r.amount, r.credit_id, r.debit_id)
            OR r.id <> villages_derived_id(o.id, 'reversal'))""",
    ),
    Invariant(
        "I10",
        "每日封存的印记可由流水重新算出",
        f"""
        SELECT '封存 ' || s.day, '村 ' || s.village_id || ' 的流水与印记不符'
        FROM villages_dayseal s JOIN villages_village v ON v.id = s.village_id
        LEFT JOIN villages_dayseal before ON before.village_id = s.village_id AND before.day = s.day - 1
        LEFT JOIN (
            SELECT t.village_id, t.posted_on,
                   string_agg(villages_journal_line(t, d.pseudonym, c.pseudonym) || E'\\n', '' ORDER BY t.id) AS lines
            FROM villages_transfer t JOIN villages_account d ON d.id = t.debit_id
            JOIN villages_account c ON c.id = t.credit_id
            WHERE {HERE.format("t")} AND t.posted_on >= %(sealed_from)s GROUP BY t.village_id, t.posted_on) AS j
            ON j.village_id = s.village_id AND j.posted_on = s.day
        WHERE {HERE.format("s")} AND s.day >= %(sealed_from)s AND (
            s.previous <> coalesce(before.seal, '')
            OR s.seal <> villages_seal_of(s.previous, v.code, s.day, coalesce(j.lines, '')))""",
    ),
    Invariant(
        "I11",
        "村里发出的积分不超过镇里拨入的额度",
        f"""
        SELECT '村 ' || p.village_id, '拨入 ' || coalesce(f.total, 0) || '，池中 ' || p.posted
        FROM villages_account p LEFT JOIN (
            SELECT t.village_id, sum(CASE t.code WHEN 'fund' THEN t.amount ELSE -t.amount END) AS total
            FROM villages_transfer t WHERE t.code IN ('fund', 'unfund') AND {HERE.format("t")} GROUP BY t.village_id) AS f
            ON f.village_id = p.village_id
        WHERE p.kind = 'pool' AND {HERE.format("p")} AND (p.posted < 0 OR p.posted > coalesce(f.total, 0))
        UNION ALL
        SELECT '额度申请 ' || b.id, '批准与拨入不符' FROM villages_budgetrequest b
        LEFT JOIN villages_transfer t ON t.id = b.id AND t.code = 'fund'
        WHERE {HERE.format("b")} AND (b.state = 'granted') <> (t.id IS NOT NULL AND t.amount = b.points)""",
    ),
    Invariant(
        "I12",
        "每笔奖励都依据当时有效的规则",
        f"""
        -- A version's text is long: it is opened once for every rule and day, not for every award.
        SELECT '奖励 ' || t.id, '规则 ' || t.rule_code || ' 在 ' || t.effective_on || ' 没有有效版本'
        FROM (
            SELECT min(t.id::text) AS id, t.rule_set_id, t.rule_code, t.effective_on, t.village_id
            FROM villages_transfer t WHERE t.code = 'award' AND t.rule_code <> '' AND {HERE.format("t")}
            GROUP BY t.rule_set_id, t.rule_code, t.effective_on, t.village_id) AS t
        LEFT JOIN villages_ruleset s ON s.id = t.rule_set_id
        WHERE s.id IS NULL OR s.published_at IS NULL OR t.effective_on < s.valid_from OR t.effective_on > s.valid_to
            OR (s.village_id IS NOT NULL AND s.village_id <> t.village_id)
            OR NOT s.content -> 'rules' @> jsonb_build_array(jsonb_build_object('code', t.rule_code))""",
    ),
)
