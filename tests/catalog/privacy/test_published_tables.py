"""Tables printed in papers and vectors of other tools, with the answers they give."""

import math

import polars as pl
import pytest

from catalog.engine.privacy.examine import examine
from catalog.engine.privacy.hierarchies import parse_hierarchy
from catalog.engine.privacy.specification import (
    Column,
    ColumnRole,
    Distance,
    Missing,
    Policy,
    RiskMethod,
    Specification,
)

DISEASES = parse_hierarchy(
    line.split(";")
    for line in """flu;respiratory infection;respiratory system;respiratory and digestive
pneumonia;respiratory infection;respiratory system;respiratory and digestive
bronchitis;respiratory infection;respiratory system;respiratory and digestive
pulmonary edema;vascular lung disease;respiratory system;respiratory and digestive
pulmonary embolism;vascular lung disease;respiratory system;respiratory and digestive
gastric ulcer;stomach disease;digestive system;respiratory and digestive
stomach cancer;stomach disease;digestive system;respiratory and digestive
gastritis;stomach disease;digestive system;respiratory and digestive
colitis;colon disease;digestive system;respiratory and digestive
colon cancer;colon disease;digestive system;respiratory and digestive""".splitlines()
)


def table(text):
    rows = [line.split() for line in text.strip().splitlines()]
    return pl.DataFrame(rows[1:], schema=rows[0], orient="row").select(
        pl.when(pl.all() != "NA").then(pl.all()).name.keep()
    )


def question(quasi, sensitive=(), **told):
    columns = [Column(name, ColumnRole.QUASI) for name in quasi.split()]
    return Specification(columns=(*columns, *sensitive), **told)


def disease(name="disease", **told):
    return Column(name, ColumnRole.SENSITIVE, **told)


def closeness(findings, column, distance):
    return next(c.t for c in findings.figures.closeness if (c.column, c.distance) == (column, distance))


INPATIENTS = """
zip age nationality condition
130** <30 * heart
130** <30 * heart
130** <30 * viral
130** <30 * viral
1485* >=40 * cancer
1485* >=40 * heart
1485* >=40 * viral
1485* >=40 * viral
130** 3* * cancer
130** 3* * cancer
130** 3* * cancer
130** 3* * cancer
"""
INPATIENTS_DIVERSE = """
zip age nationality condition
1305* <=40 * heart
1305* <=40 * viral
1305* <=40 * cancer
1305* <=40 * cancer
1485* >40 * cancer
1485* >40 * heart
1485* >40 * viral
1485* >40 * viral
1306* <=40 * heart
1306* <=40 * viral
1306* <=40 * cancer
1306* <=40 * cancer
"""


def test_the_inpatient_table_is_4_anonymous_and_gives_away_the_cancer_patients():
    found = examine(table(INPATIENTS), question("zip age nationality", [disease("condition")]))
    assert (found.figures.k, found.figures.classes) == (4, 3)
    diversity = found.figures.diversity[0]
    assert (diversity.distinct_l, diversity.entropy_l, diversity.worst.first_row) == (1, 1.0, 8)


def test_the_diverse_inpatient_table_is_3_diverse_and_entropy_2_8_diverse():
    found = examine(table(INPATIENTS_DIVERSE), question("zip age nationality", [disease("condition")]))
    diversity = found.figures.diversity[0]
    assert (found.figures.k, diversity.distinct_l) == (4, 3)
    assert diversity.entropy_l == pytest.approx(2**1.5)  # printed as 2.8-diverse
    assert diversity.entropy_h == pytest.approx(1.5 * math.log(2))


SALARIES = """
zip age salary disease
476** 2* 3K gastric_ulcer
476** 2* 4K gastritis
476** 2* 5K stomach_cancer
4790* >=40 6K gastritis
4790* >=40 11K flu
4790* >=40 8K bronchitis
476** 3* 7K bronchitis
476** 3* 9K pneumonia
476** 3* 10K stomach_cancer
"""
SALARIES_CLOSE = """
zip age salary disease
4767* <=40 3K gastric_ulcer
4767* <=40 5K stomach_cancer
4767* <=40 9K pneumonia
4790* >=40 6K gastritis
4790* >=40 11K flu
4790* >=40 8K bronchitis
4760* <=40 4K gastritis
4760* <=40 7K bronchitis
4760* <=40 10K stomach_cancer
"""


def salaries(text, hierarchy=DISEASES):
    frame = table(text).with_columns(pl.col("disease").str.replace("_", " "))
    sensitive = [disease("salary", distance=Distance.ORDERED), disease(hierarchy=hierarchy)]
    return examine(frame, question("zip age", sensitive))


def test_the_three_lowest_salaries_lie_0_375_from_the_table():
    assert closeness(salaries(SALARIES), "salary", "ordered") == pytest.approx(0.375)


def test_the_closer_salary_table_is_0_167_close():
    assert closeness(salaries(SALARIES_CLOSE), "salary", "ordered") == pytest.approx(1 / 6)


def test_disease_by_the_tree_of_three_levels_is_8_of_27():
    """The paper prints 0.278; its own tree and formula give 8/27 (ninths divided by three levels)."""
    assert closeness(salaries(SALARIES_CLOSE), "disease", "hierarchical") == pytest.approx(8 / 27)


def test_disease_with_a_quarter_for_siblings_is_0_278():
    """5/18 is what a tree of four levels gives, in which siblings lie a quarter apart."""
    deeper = parse_hierarchy(
        [[leaf, path[0], path[0], path[1], path[2]] for leaf, path in DISEASES.paths.items()]
    )
    assert closeness(salaries(SALARIES_CLOSE, deeper), "disease", "hierarchical") == pytest.approx(5 / 18)


def test_disease_by_equal_distance():
    assert closeness(salaries(SALARIES_CLOSE), "disease", "equal") == pytest.approx(5 / 9)


RACES = """
race birth gender zip problem
black 1965 male 0214* shortness
black 1965 male 0214* chest
black 1965 female 0213* hypertension
black 1965 female 0213* hypertension
black 1964 female 0213* obesity
black 1964 female 0213* chest
white 1964 male 0213* chest
white 1964 male 0213* obesity
white 1964 male 0213* shortness
white 1967 male 0213* chest
white 1967 male 0213* chest
"""


def test_the_table_of_sweeneys_paper_is_2_anonymous():
    found = examine(table(RACES), question("race birth gender zip", [disease("problem")]))
    assert (found.figures.k, found.figures.classes, found.figures.uniques) == (2, 5, 0)
    assert found.figures.histogram == ((2, 4, 8), (3, 1, 3))
    assert found.figures.prosecutor.highest == 0.5
    assert found.figures.prosecutor.at_highest_share == pytest.approx(8 / 11)


SDC = """
A B C w
2 3 1 18
3 3 3 45.5
2 3 NA 39
2 3 2 17
3 3 1 92
3 4 1 8
1 NA NA 123.5
2 1 1 51
"""
FREQUENCIES = """
A B C w
2 3 1 18
3 3 3 45.5
2 3 1 39
2 3 2 17
3 3 1 92
3 3 1 8
1 4 1 123.5
2 3 1 51
"""
FREQUENCIES_MISSING = FREQUENCIES.replace("2 3 1 39", "2 3 NA 39").replace("1 4 1 123.5", "1 4 NA 123.5")
SURVEY_MISSING = FREQUENCIES_MISSING.replace("2 3 1 51", "NA 3 1 51")


def by_row(text, **told):
    told = {"missing": Missing.WILDCARD, "weights": "w"} | told
    return examine(table(text), question("A B C", **told)).by_row


def test_sdcmicro_counts_and_weighted_counts_without_missing_values():
    rows = by_row(FREQUENCIES)
    assert rows["fk"].tolist() == [3, 1, 3, 1, 2, 2, 1, 3]
    assert rows["Fk"].tolist() == [108.0, 45.5, 108.0, 17.0, 100.0, 100.0, 123.5, 108.0]


def test_sdcmicro_counts_and_weighted_counts_with_missing_values():
    rows = by_row(FREQUENCIES_MISSING)
    assert rows["fk"].tolist() == [3, 1, 4, 2, 2, 2, 1, 3]
    assert rows["Fk"].tolist() == [108.0, 45.5, 125.0, 56.0, 100.0, 100.0, 123.5, 108.0]


def test_sdcmicro_individual_risk_by_the_approximation():
    expected = [
        0.01369863,
        0.08579129,
        0.01369863,
        0.17707583,
        0.01877883,
        0.01877883,
        0.03931625,
        0.01369863,
    ]
    assert by_row(FREQUENCIES)["risk"].tolist() == pytest.approx(expected, abs=1e-8)


def test_sdcmicro_individual_risk_exactly():
    expected = [
        0.01355297,
        0.08579129,
        0.01355297,
        0.17707583,
        0.01877883,
        0.01877883,
        0.03931625,
        0.01355297,
    ]
    assert by_row(FREQUENCIES, risk_method=RiskMethod.EXACT)["risk"].tolist() == pytest.approx(
        expected, abs=1e-8
    )


def test_sdcmicro_individual_risk_with_missing_values():
    approx = [
        0.013698630,
        0.085791288,
        0.010554090,
        0.032466112,
        0.009836066,
        0.009836066,
        0.039316254,
        0.005973716,
    ]
    exact = [
        0.013552968,
        0.085791288,
        0.010504889,
        0.032466112,
        0.009756889,
        0.009756889,
        0.039316254,
        0.005962551,
    ]
    assert by_row(SURVEY_MISSING)["risk"].tolist() == pytest.approx(approx, abs=1e-8)
    assert by_row(SURVEY_MISSING, risk_method=RiskMethod.EXACT)["risk"].tolist() == pytest.approx(
        exact, abs=1e-8
    )


def test_sdcmicro_risk_without_weights_is_one_over_the_count():
    risks = by_row(SURVEY_MISSING, weights=None)["risk"].tolist()
    assert risks == pytest.approx([1 / 3, 1, 1 / 4, 1 / 2, 1 / 3, 1 / 3, 1, 1 / 5])


def test_sdcmicro_diversity_of_its_own_example():
    frame = table("""
sex occupation ethnicity sensitive
female NA other 1
female NA other 0
female NA other 2
male teacher other 1
male teacher other 0
female nurse majority 0
female nurse majority 1
""")
    found = examine(frame, question("sex occupation ethnicity", [disease("sensitive")]))
    assert (found.figures.k, found.figures.diversity[0].distinct_l) == (2, 2)


def test_one_table_three_ways_of_counting_what_is_missing():
    frame = table(SDC)
    answers = {way: examine(frame, question("A B C", missing=way)).by_row["fk"].tolist() for way in Missing}
    assert answers[Missing.CATEGORY] == [1, 1, 1, 1, 1, 1, 1, 1]
    assert answers[Missing.WILDCARD] == [2, 1, 3, 2, 1, 1, 1, 1]
    assert answers[Missing.DISTINCT] == [1, 1, 1, 1, 1, 1, 1, 1]


def test_a_row_without_any_quasi_identifier_matches_all():
    frame = table("A B\n1 2\nNA NA\n3 4")
    found = examine(frame, question("A B", missing=Missing.WILDCARD))
    assert found.by_row["fk"].tolist() == [2, 3, 2]


def test_suppressed_rows_stand_in_no_class():
    frame = table("A B\n* *\n1 *\n1 *")
    found = examine(frame, question("A B", suppressed="*", policy=Policy(k=2)))
    assert (found.suppressed, found.figures.rows, found.figures.k, found.passed) == (1, 2, 2, True)


def test_the_journalists_risk_is_taken_from_the_population():
    sample = table("A\nx\nx\ny")
    people = table("A\nx\nx\nx\nx\ny\ny\nz")
    found = examine(sample, question("A"), people).figures
    assert found.prosecutor.highest == 1.0
    assert found.journalist.highest == 0.5
    assert found.marketer == pytest.approx((2 / 4 + 1 / 2) / 3)
    assert found.journalist.average == pytest.approx(max(2 / 6, 1 / 3))
