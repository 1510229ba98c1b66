import os
import stat
from pathlib import Path

from syncstate import presence
from syncstate.addresses import EMBEDDED
from syncstate.presence import Presence


def test_no_note_means_no_server(tmp_path: Path) -> None:
    assert presence.find(tmp_path, EMBEDDED) is None
    assert presence.find(tmp_path / "nowhere", EMBEDDED) is None


def test_a_note_of_a_server_that_is_gone_means_no_server(tmp_path: Path) -> None:
    presence.announce(tmp_path, EMBEDDED, Presence("http://127.0.0.1:9", 1, "gone", "token"))
    assert presence.find(tmp_path, EMBEDDED) is None


def test_a_note_that_cannot_be_read_means_no_server(tmp_path: Path) -> None:
    for note in ('{"url": 1', '{"url": "http://\\u0000", "pid": 1, "instance": "i"}'):
        (tmp_path / "server.json").write_text(note)
        assert presence.find(tmp_path, EMBEDDED) is None


def test_only_the_own_note_is_withdrawn(tmp_path: Path) -> None:
    mine, theirs = (Presence("http://127.0.0.1:9", pid, f"i{pid}", "token") for pid in (1, 2))
    presence.announce(tmp_path, EMBEDDED, theirs)
    presence.withdraw(tmp_path, EMBEDDED, mine)
    assert (tmp_path / "server.json").exists()
    presence.withdraw(tmp_path, EMBEDDED, theirs)
    assert not (tmp_path / "server.json").exists()


def test_the_note_with_the_operators_token_is_for_its_owner_alone(tmp_path: Path) -> None:
    own = Presence("http://127.0.0.1:9", 1, "i1", "hush")
    draft = tmp_path / "server.json.1"
    draft.write_text("left behind by a killed process")
    draft.chmod(0o644)
    before = os.umask(0)
    try:
        presence.announce(tmp_path, EMBEDDED, own)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "server.json").stat().st_mode) == 0o600
    assert not draft.exists()
    assert "hush" in (tmp_path / "server.json").read_text()
    assert "hush" not in repr(own)
