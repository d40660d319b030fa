"""Where the servers keep their files: private, and clear about what is wrong."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from cixi_portal.embedded.places import Places, UnableToPrepareFolder

from .conftest import as_user, remove_state

pytestmark = pytest.mark.embedded


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    made = Places((tmp_path / "closed" / "var").resolve())
    yield made
    remove_state(made)


def test_every_folder_is_closed_to_others(places: Places) -> None:
    places.prepare()
    for folder in (places.var, places.state, places.sockets, places.logs):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_no_parent_folder_is_opened(places: Places) -> None:
    places.var.parent.mkdir(mode=0o700)
    places.prepare()
    assert places.var.parent.stat().st_mode & 0o777 == 0o700


def test_root_keeps_the_servers_where_their_user_can_reach_them(places: Places) -> None:
    if not places.as_root:
        pytest.skip("仅 root 有单独的运行用户")
    places.var.parent.mkdir(mode=0o700)
    places.prepare()
    assert as_user(places.account, lambda: (places.state / "probe").write_text("x")) == ""


def test_a_folder_without_write_permission_is_named(ordinary_user: pwd.struct_passwd, places: Places) -> None:
    places.var.mkdir(mode=0o755, parents=True)
    for folder in (places.var.parent, *places.var.parent.parents):
        if folder == Path("/tmp"):
            break
        folder.chmod(0o755)
    said = as_user(ordinary_user, lambda: Places(places.var).prepare())
    assert f"用户 {ordinary_user.pw_name} 无权写入 {places.var}" in said


def test_a_link_planted_for_the_sockets_is_refused(places: Places, tmp_path: Path) -> None:
    places.prepare()
    places.logs.rmdir()
    places.logs.symlink_to(tmp_path)
    with pytest.raises(UnableToPrepareFolder, match="属于其他用户"):
        places.prepare()


def test_a_file_of_the_servers_is_never_written_through_a_link(places: Places, tmp_path: Path) -> None:
    places.prepare()
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (places.state / "conf").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic link"):
        places.write(places.state / "conf", "overwritten")
    assert victim.read_text() == "kept"


def test_data_of_an_earlier_clone_at_the_same_path_is_set_aside(places: Places) -> None:
    if not places.as_root:
        pytest.skip("普通用户的数据随目录一起删除")
    places.prepare()
    places.mark()
    assert not places.stranger_left_behind()
    (places.state / "pg").mkdir()
    (places.var / "instance").unlink()  # the folder was deleted and cloned anew
    assert places.stranger_left_behind()
    aside = places.set_stranger_aside()
    places.prepare()
    places.mark()
    assert (aside / "pg").is_dir()
    assert not (places.state / "pg").exists()
    assert not places.stranger_left_behind()


def test_a_limit_of_free_space_can_be_set(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    places.prepare()
    monkeypatch.setenv("PORTAL_MIN_FREE_MB", str(10**9))
    with pytest.raises(UnableToPrepareFolder, match="磁盘空间不足"):
        places.require_space()


def test_the_account_of_an_ordinary_user_is_the_user(places: Places) -> None:
    if places.as_root:
        assert places.account.pw_uid != 0
    else:
        assert places.account.pw_uid == os.geteuid()
