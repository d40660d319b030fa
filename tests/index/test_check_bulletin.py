"""`manage.py check_bulletin`: exit code and what is printed."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

HEADER = "指标,数值,变动,百分比,小数位\n"


def run(path: Path) -> str:
    out = StringIO()
    call_command("check_bulletin", str(path), stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_right_table_passes_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes((HEADER + "成长,107.26,0.91,0.86,2\n").encode(encoding))
    assert "核对 1 行，没有矛盾" in run(path)


def test_rows_that_contradict_themselves_are_named_and_the_command_fails(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(HEADER + "成长,107.26,0.91,0.86,2\n服务,97.55,0.13,1.13,2\n", encoding="utf-8")
    out = StringIO()
    with pytest.raises(CommandError, match="核对 2 行，其中 1 行自相矛盾"):
        call_command("check_bulletin", str(path), stdout=out)
    assert "第 3 行“服务”：百分比印作 1.13%" in out.getvalue()
    assert "成长" not in out.getvalue()


def test_a_table_of_which_no_row_can_be_checked_does_not_pass(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(HEADER + "成长,107.26,0.91,,2\n服务,97.55,,,2\n", encoding="utf-8")
    with pytest.raises(CommandError, match="没有一行可以核对"):
        run(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="无法读取"):
        run(tmp_path / "none.csv")
