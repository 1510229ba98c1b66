from pathlib import Path

from syncstate import presence
from syncstate.presence import Presence


def test_no_note_means_no_server(tmp_path: Path) -> None:
    assert presence.find(tmp_path) is None
    assert presence.find(tmp_path / "nowhere") is None


def test_a_note_of_a_server_that_is_gone_means_no_server(tmp_path: Path) -> None:
    presence.announce(tmp_path, Presence("http://127.0.0.1:9", 1, "gone"))
    assert presence.find(tmp_path) is None


def test_a_note_that_cannot_be_read_means_no_server(tmp_path: Path) -> None:
    for note in ('{"url": 1', '{"url": "http://\\u0000", "pid": 1, "instance": "i"}'):
        (tmp_path / "server.json").write_text(note)
        assert presence.find(tmp_path) is None


def test_only_the_own_note_is_withdrawn(tmp_path: Path) -> None:
    mine, theirs = (Presence("http://127.0.0.1:9", pid, f"i{pid}") for pid in (1, 2))
    presence.announce(tmp_path, theirs)
    presence.withdraw(tmp_path, mine)
    assert (tmp_path / "server.json").exists()
    presence.withdraw(tmp_path, theirs)
    assert not (tmp_path / "server.json").exists()
