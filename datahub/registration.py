"""How register columns follow from a registration record: one place for promotion, withdrawal and replay."""

from datahub.engine.industry import SECTION_RANGES

REGISTRATION = "market.registration"
CHANGES = "market.changes"
ANNUAL = "market.annual_assets"

# Names of kinds are free text in deliveries; the second digit of the credit code is not.
_KIND = """
CASE WHEN payload->>'ent_type' LIKE '%分公司%' OR payload->>'ent_type' LIKE '%分支机构%' THEN 'branch'
     WHEN left(code, 2) = '92' OR payload->>'ent_type' LIKE '%个体%' THEN 'individual'
     WHEN left(code, 2) = '93' OR payload->>'ent_type' LIKE '%合作社%' THEN 'cooperative'
     ELSE 'company' END
"""


def _section_case() -> str:
    """SQL for the section letter of a numeric industry code (GB/T 4754: the letter is not in the digits)."""
    division = "substring(payload->>'industry_code' from '^[A-T]?([0-9][0-9])')::int"
    whens = " ".join(
        f"WHEN {division} BETWEEN {low} AND {high} THEN '{s}'" for s, low, high in SECTION_RANGES
    )
    return f"CASE {whens} ELSE '' END"


def derived(source: str) -> str:
    """Register columns from registration payloads; ``source`` yields (code, payload, line)."""
    return f"""
    SELECT DISTINCT ON (code) code, COALESCE(payload->>'register_no', '') AS register_no,
        left(payload->>'name', 200) AS name, {_KIND} AS kind, payload->>'reg_state' AS state,
        CASE WHEN length(payload->>'town_code') >= 9 THEN left(payload->>'town_code', 9) ELSE '' END AS town_code,
        {_section_case()} AS industry_section,
        COALESCE(substring(payload->>'industry_code' from '([0-9][0-9][0-9]?[0-9]?)'), '') AS industry_code,
        COALESCE(left(payload->>'legal_person', 100), '') AS legal_person,
        (payload->>'established_on')::date AS established_on,
        round((payload->>'reg_capital')::numeric, 2) AS capital_yuan
    FROM ({source}) AS given ORDER BY code, line DESC
    """
