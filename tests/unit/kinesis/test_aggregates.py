"""User records out of aggregates: whole, damaged in every way, and records that are none."""

import pytest
from aws_kinesis_agg import MAGIC
from hypothesis import given
from hypothesis import strategies as st

from processor.adapters.kinesis.aggregates import user_records
from processor.adapters.kinesis.records import of_boto3, of_event
from processor.arrivals import Arrival, Broken
from tests.kinesis import (
    SHARD,
    STREAM,
    TOO_SHORT,
    a_sale_of,
    aggregate,
    arrival,
    cut_off,
    data_of,
    event_of,
    no_protobuf,
    with_a_bad_checksum,
    with_a_bad_record,
)

FIVE = [a_sale_of(f"S{number}") for number in range(5)]


def read(data: bytes) -> tuple[list[bytes], str | None]:
    """Return the user records' bytes, and why the rest could not be read."""
    record = arrival(data)
    found = user_records(record)
    broken = [part for part in found if isinstance(part, Broken)]
    assert all(part.record == record for part in broken), "the whole record is kept, byte by byte"
    assert len(broken) <= 1
    whole = [part for part in found if isinstance(part, Arrival)]
    assert [part.place.sub for part in whole] == list(range(len(whole)))
    return [part.data for part in whole], broken[0].why if broken else None


def test_a_record_that_is_no_aggregate_holds_itself() -> None:
    assert read(b'{"a": 1}') == ([b'{"a": 1}'], None)
    assert read(b"") == ([b""], None)


def test_every_record_of_an_aggregate_comes_at_its_place() -> None:
    assert read(aggregate(FIVE)) == ([data_of(sale) for sale in FIVE], None)


def test_a_place_is_the_same_at_every_delivery_and_no_other_records() -> None:
    first, again = (user_records(arrival(aggregate(FIVE), sequence=7)) for _ in range(2))
    other = user_records(arrival(aggregate(FIVE), sequence=8))
    assert first == again
    places = {str(part.place) for part in (*first, *other) if isinstance(part, Arrival)}
    assert len(places) == 10
    assert f"kinesis:{STREAM}:{SHARD}:{7:056d}:4" in places


@pytest.mark.parametrize("bad", range(5))
def test_what_the_library_drops_behind_a_bad_record_is_noticed_and_nothing_is_printed(
    bad: int, capfd: pytest.CaptureFixture[str]
) -> None:
    found, why = read(with_a_bad_record(FIVE, bad))
    assert found == [data_of(sale) for sale in FIVE[:bad]]
    assert why == f"the aggregate announces 5 records, of which {bad} can be read"
    assert capfd.readouterr() == ("", "")


def test_a_wrong_checksum_is_told_and_the_content_is_not_taken_for_a_record() -> None:
    found, why = read(with_a_bad_checksum(FIVE))
    assert found == []
    assert why is not None
    assert "checksum" in why


def test_content_that_is_no_protobuf_is_told() -> None:
    found, why = read(no_protobuf())
    assert found == []
    assert why is not None
    assert "protobuf" in why


@pytest.mark.parametrize("kept", [len(MAGIC), len(MAGIC) + 1, TOO_SHORT, TOO_SHORT + 1, 60])
def test_an_aggregate_that_was_cut_off_is_told(kept: int) -> None:
    found, why = read(cut_off(FIVE, kept))
    assert found == []
    assert why is not None
    assert "cut off" in why


@given(st.binary(max_size=300))
def test_whatever_follows_the_magic_number_is_kept(rest: bytes) -> None:
    found, why = read(MAGIC + rest)
    assert found or why is not None


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=20), st.data())
def test_an_aggregate_changed_anywhere_is_never_taken_in_part(records: list[bytes], data: st.DataObject) -> None:
    whole = aggregate(records)
    at = data.draw(st.integers(len(MAGIC), len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :]
    assert read(whole) == (records, None)
    found, why = read(changed)
    assert (found, why is None) == ([], False)


def test_a_lambda_event_and_boto3_tell_the_same_record() -> None:
    record = arrival(aggregate(FIVE), sequence=7)
    [delivered] = map(of_event, event_of([record])["Records"])
    assert (delivered.place, delivered.data) == (record.place, record.data)
    assert delivered.at == "2025-11-20T10:00:00.123000Z"
    polled = of_boto3(
        STREAM, SHARD, {"SequenceNumber": record.place.sequence, "Data": record.data, "PartitionKey": "k"}
    )
    assert (polled.place, polled.data) == (record.place, record.data)


def test_an_event_whose_data_is_no_base64_is_kept_as_it_came() -> None:
    event = event_of([arrival(b"x")])
    event["Records"][0]["kinesis"]["data"] = "no base64!"
    assert of_event(event["Records"][0]).data == b"no base64!"
