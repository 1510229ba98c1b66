"""What the redo queue carries is read as it was written, and nothing else is taken for it."""

import pytest

from processor.letters import redo_in, redo_letters, streams_in
from processor.queues import MAX_BODY_BYTES
from processor.streams import MAX_KEY_BYTES, stream_id
from tests.factories import NASTY_KEYS, a_stream


def test_every_stream_comes_through_once_with_the_number_of_its_tries() -> None:
    streams = [a_stream(key=key) for key in NASTY_KEYS] * 2
    letters = list(redo_letters(streams, tries=7))
    assert [stream for letter in letters for stream in streams_in(letter)] == streams[: len(NASTY_KEYS)]
    assert {redo_in(letter).tries for letter in letters} == {7}


def test_a_letter_of_an_older_release_has_no_tries() -> None:
    assert redo_in(b'{"streams":["acme/sku/A"]}') == ([stream_id("acme", "sku", "A")], 0)


def test_no_letter_is_longer_than_a_queue_takes() -> None:
    longest = [a_stream(key=f"{number:04d}" + "x" * (MAX_KEY_BYTES - 4)) for number in range(250)]
    letters = list(redo_letters(longest))
    assert max(map(len, letters)) <= MAX_BODY_BYTES
    assert sum(len(streams_in(letter)) for letter in letters) == 250


@pytest.mark.parametrize("other", [b"", b"{}", b"[]", b'{"facts":[]}', b'{"streams":["nowhere"]}', b'{"streams":7}'])
def test_anything_else_is_a_value_error(other: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        redo_in(other)
