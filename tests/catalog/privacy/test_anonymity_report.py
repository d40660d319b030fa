"""The command: files in, JSON out, and what the exit code says."""

import json

import pytest
from django.core.management import CommandError, call_command

DATA = "姓名,年龄,镇街,病种\n甲,30,浒山,感冒\n乙,30,浒山,胃炎\n丙,40,周巷,感冒\n"
SPEC = """
columns: {姓名: identifier, 年龄: quasi, 镇街: quasi, 病种: sensitive}
policy: {k: 2}
"""


def run(folder, data=DATA, spec=SPEC, *arguments, encoding="utf-8", suffix="yaml"):
    """Report and exit code."""
    (folder / "data.csv").write_bytes(data.encode(encoding))
    (folder / f"spec.{suffix}").write_text(spec, encoding="utf-8")
    out = folder / "out.json"
    code = 0
    try:
        call_command(
            "anonymity_report", "--data", str(folder / "data.csv"), "--spec", str(folder / f"spec.{suffix}"),
            "--out", str(out), *arguments,
        )  # fmt: skip
    except SystemExit as end:
        code = end.code
    return json.loads(out.read_text(encoding="utf-8")), code


def refused(folder, data=DATA, spec=SPEC, **told):
    with pytest.raises(CommandError) as refusal:
        run(folder, data, spec, **told)
    assert refusal.value.returncode == 2
    return str(refusal.value)


def test_a_table_that_breaks_the_policy_ends_with_1_and_names_its_lines(tmp_path):
    report, code = run(tmp_path)
    assert (code, report["verdict"], report["k"], report["rows"]) == (1, "fail", 1, 3)
    assert report["violating_rows"] == {"count": 1, "lines": [4], "complete": True}
    assert report["uniques"] == {"rows": 1, "share": pytest.approx(1 / 3)}
    assert report["suppression"]["records_to_reach_k"] == 1
    assert report["identifiers_present"] == ["姓名"]


def test_a_table_that_meets_the_policy_ends_with_0(tmp_path):
    report, code = run(tmp_path, spec=SPEC.replace("k: 2", "k: 2, suppression_limit: 0.4"))
    assert (code, report["verdict"], report["judged"]) == (0, "pass", "after_suppression")
    assert report["after_suppression"]["k"] == 2


def test_json_specification_semicolons_and_gb18030(tmp_path):
    spec = '{"quasi_identifiers": ["年龄", "镇街"], "sensitive": ["病种"]}'
    report, code = run(tmp_path, DATA.replace(",", ";"), spec, encoding="gb18030", suffix="json")
    assert (code, report["source"]["delimiter"], report["source"]["encoding"]) == (0, ";", "gb18030")
    assert report["l_diversity"]["病种"]["distinct"] == 1


def test_missing_marks_line_breaks_and_blank_lines(tmp_path):
    data = '年龄,说明\n30,"一\n二"\n\n?,三\nNA,四\n'
    spec = "columns: {年龄: quasi}\nmissing: {as: wildcard, values: ['?', NA]}\npolicy: {k: 3}"
    report, _ = run(tmp_path, data, spec, "--per-row")
    assert [(r["line"], r["fk"]) for r in report["per_row"]] == [(2, 3), (5, 3), (6, 3)]
    assert report["conventions"]["missing"]["as"] == "wildcard"


def test_hierarchies_are_sought_beside_the_specification(tmp_path):
    (tmp_path / "age.csv").write_text("30;30-49;*\n40;30-49;*\n", encoding="utf-8")
    spec = "columns: {年龄: {role: quasi, hierarchy: age.csv, level: 1}}\npolicy: {k: 3}"
    assert run(tmp_path, spec=spec)[1] == 0


def test_classes_can_be_named_by_digests(tmp_path):
    worst = run(tmp_path, DATA, SPEC, "--digests")[0]["l_diversity"]["病种"]["worst_class"]
    assert set(worst) == {"size", "digest"}


def test_a_file_without_header_takes_the_stated_names(tmp_path):
    report, _ = run(tmp_path, "30,a\n30,b\n", "header: [年龄, 甲]\ncolumns: {年龄: quasi}")
    assert (report["rows"], report["k"]) == (2, 2)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("columns: {年龄: quasi}\npolicy: {kk: 2}", "不认识的键：kk"),
        ("columns: {年龄: quazi}", "角色应为"),
        ("columns: {岁数: quasi}", "没有这些列：岁数"),
        ("columns: {年龄: {role: quasi, level: 1}}", "没有 hierarchy"),
        ("columns: {年龄: {role: quasi, hierarchy: no.csv, level: 1}}", "no.csv"),
        ("columns: {病种: {role: sensitive, distance: ordered}}", "order"),
        ("columns: {病种: {role: sensitive, distance: hierarchical}}", "hierarchy"),
        ("policy: {k: 2}", "没有写明任何列"),
        ("columns: {年龄: quasi}\npolicy: {t: 3}", "policy.t"),
        ("columns: {年龄: quasi}\npolicy: {k: 2.5}", "policy.k"),
        ("columns: [", "不是合法的"),
        ("missing: any\ncolumns: {年龄: quasi}", "missing.as"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_name(tmp_path, spec, says):
    assert says in refused(tmp_path, spec=spec)


def test_a_torn_row_is_named_by_its_line(tmp_path):
    assert "第 3 行有 2 列，应为 4 列" in refused(tmp_path, "姓名,年龄,镇街,病种\n甲,30,浒山,感冒\n乙,30\n")


def test_a_column_named_twice_is_refused(tmp_path):
    assert "列名重复：a" in refused(tmp_path, "a,a\n1,2\n", "columns: {a: quasi}")


def test_an_empty_file_is_refused(tmp_path):
    refused(tmp_path, "", "columns: {a: quasi}")
    assert "没有任何行" in refused(tmp_path, "a\n", "columns: {a: quasi}")


def test_utf_16_with_its_mark_is_read_without_being_told(tmp_path):
    report, _ = run(tmp_path, encoding="utf-16")
    assert report["source"]["encoding"] == "utf-16" and report["rows"] == 3


def test_figures_are_whole_where_they_are_whole(tmp_path):
    data = "组,病\n" + "".join(f"{g},{d}\n" for g in "甲乙丙" for d in ("感冒", "胃炎", "肺炎"))
    report, code = run(tmp_path, data, "columns: {组: quasi, 病: sensitive}\npolicy: {entropy_l: 3}")
    assert code == 0 and report["l_diversity"]["病"]["entropy"]["l"] == 3.0


def test_one_row_is_a_class_of_its_own(tmp_path):
    report, code = run(
        tmp_path, "镇街,病\n浒山,感冒\n", "columns: {镇街: quasi, 病: sensitive}\npolicy: {k: 2}"
    )
    assert (code, report["k"], report["uniques"]["rows"], report["risk"]["prosecutor"]["highest"]) == (
        1,
        1,
        1,
        1.0,
    )
    assert "没有任何行" in refused(tmp_path, "镇街,病\n", "columns: {镇街: quasi, 病: sensitive}")


def test_a_key_that_would_do_nothing_is_refused(tmp_path):
    assert "不认识的键" in refused(tmp_path, spec="columns: {年龄: quasi}\nname_classes_by: values")


@pytest.mark.parametrize("role", ["QUASI_IDENTIFYING_ATTRIBUTE", "quasi_identifier", "QID", "准标识符"])
def test_roles_may_be_spelled_as_other_programs_do(tmp_path, role):
    spec = json.dumps({"columns": {"年龄": role, "镇街": role, "病种": {"role": "SENSITIVE_ATTRIBUTE"}}})
    report, code = run(tmp_path, spec=spec, suffix="json")
    assert (code, report["k"], report["conventions"]["roles"]["quasi"]) == (0, 1, ["年龄", "镇街"])


def test_arxs_own_example_is_3_anonymous_with_age_halved_and_three_digits_hidden(tmp_path):
    """The seven persons of ARX's first example with its hierarchies, at the levels of its solution."""
    data = (
        "age;gender;zipcode\n34;male;81667\n45;female;81675\n66;male;81925\n70;female;81931\n34;female;81931\n"
        "70;male;81931\n45;male;81931\n"
    )
    codes = ("81667", "81675", "81925", "81931")
    (tmp_path / "age.csv").write_text("34;<50;*\n45;<50;*\n66;>=50;*\n70;>=50;*\n", encoding="utf-8")
    (tmp_path / "gender.csv").write_text("male;*\nfemale;*\n", encoding="utf-8")
    (tmp_path / "zipcode.csv").write_text(
        "\n".join(";".join([c, *(c[:kept] + "*" * (5 - kept) for kept in (4, 3, 2, 1, 0))]) for c in codes),
        encoding="utf-8",
    )
    spec = (
        "columns:\n"
        "  age: {role: quasi, hierarchy: age.csv, level: 1}\n"
        "  gender: {role: quasi, hierarchy: gender.csv, level: 1}\n"
        "  zipcode: {role: quasi, hierarchy: zipcode.csv, level: 3}\n"
        "policy: {k: 3}\n"
    )
    report, code = run(tmp_path, data, spec)
    assert (code, report["k"], report["classes"]) == (0, 3, 2)
    assert report["risk"]["prosecutor"]["highest"] == pytest.approx(1 / 3)
    assert report["risk"]["prosecutor"]["average"] == pytest.approx(2 / 7)
