"""Copies of DynamoDB's tables, damaged as such copies can be: found, made fit for use, and nothing lost on the way."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from channels.attempts import Attempts
from processor.adapters.dynamodb import DynamoStore
from processor.adapters.dynamodb.access import TableAccess
from processor.adapters.dynamodb.items import claim_key, event_place, partition_of
from processor.adapters.dynamodb.walks import Walks
from processor.clock import instant, moment
from processor.errors import ProcessorError
from processor.log import Append, Appended, Duplicate
from processor.streams import StreamId
from stock.events import SaleRecorded, StockAdjusted
from stock.facts import fact
from stock.identities import sku
from syncstate.care import adopting, verifying_tables
from syncstate.care.adopting import Adopted, Errand, OtherRestore, RemainderExists, StillWritten, adopt, look
from syncstate.care.claims import Claims
from syncstate.care.marks import Mark, Marking, RestoreHalfDone
from syncstate.care.tally import Tally
from syncstate.settings import Settings
from syncstate.stores import dynamodb_client, open_store
from tests.integration.syncstate.houses import house
from tests.integration.syncstate.stocked import AT, EVENTS, MUG, SHIRT, TOLD, stock

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class Copy:
    """Stocked tables, as a copy brought them back."""

    def __init__(self, settings: Settings, client: "DynamoDBClient", remainder: Path) -> None:
        self.settings, self.client, self.remainder = settings, client, remainder
        self.prefix = settings.dynamodb_prefix or ""

    def drop(self, table: str, pk: str, sk: str) -> None:
        self.client.delete_item(TableName=self.prefix + table, Key={"pk": {"S": pk}, "sk": {"S": sk}})

    def drop_event(self, stream: StreamId, version: int) -> None:
        self.drop("events", partition_of(stream), event_place(version))

    def drop_claim(self, stream: StreamId, tx: str) -> None:
        self.drop("events", *claim_key(stream, tx))

    def change(self, table: str, pk: str, sk: str, name: str, value: Any) -> None:
        self.client.update_item(
            TableName=self.prefix + table,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="SET #n = :v",
            ExpressionAttributeNames={"#n": name},
            ExpressionAttributeValues={":v": value},
        )

    def walks(self) -> Walks:
        return Walks(self.client, self.prefix)

    def findings(self) -> list[str]:
        with closing(self.walks()) as walks, closing(DynamoStore(self.client, self.prefix)) as store:
            tally = Tally()
            models = verifying_tables.models(store, walks, tally, pause=lambda _: None)
            return [found.sentence for found in [*verifying_tables.truth(walks, tally), *models]]

    def adopt(self) -> Adopted:
        errand = Errand(self.remainder, "`again`", lambda: instant(moment(AT).replace(year=2099)))
        client = dynamodb_client(self.settings.dynamodb_endpoint)
        with closing(DynamoStore(client, self.prefix)) as store, closing(self.walks()) as walks:
            return adopt(store, walks, errand)

    def append(self, stream: StreamId, tx: str, quantity: int = 1) -> Any:
        event = fact(SaleRecorded(quantity=quantity, order="o"), tx=tx, at=AT, source="test")
        with closing(open_store(self.settings)) as store:
            return store.log.append([Append(stream, (event,))])[0]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Copy]:
    with house("dynamodb", tmp_path, monkeypatch) as settings:
        with closing(open_store(settings)) as store:
            stock(store)
        with closing(dynamodb_client(settings.dynamodb_endpoint)) as client:
            yield Copy(settings, client, tmp_path / "remainder.jsonl.gz")


def test_a_sound_store_has_no_findings_and_adopting_it_changes_no_event(copy: Copy) -> None:
    assert copy.findings() == []
    done = copy.adopt()
    plan = done.plan
    assert (plan.events, plan.streams, plan.holes, plan.cut, plan.missing, plan.idle, plan.faults) == (
        EVENTS,
        4,
        *[0] * 5,
    )
    assert (done.remainder, done.doubted, done.numbered, done.waiting) == (None, 1, 0, 0)
    assert copy.findings() == []
    assert not copy.remainder.exists()
    with closing(open_store(copy.settings)) as store:
        assert list(Attempts(store.registers, "amazon").doubtful("default")) == [sku("SHIRT")]


ALERTS = "alerts@1#default"
DAMAGES: dict[str, Callable[[Copy], None]] = {
    "event 3 is missing, and 3 come after it, up to 6": lambda copy: copy.drop_event(MUG, 3),
    "event 1 is missing, and 5 come after it": lambda copy: copy.drop_event(MUG, 1),
    "event 2 has no claim": lambda copy: copy.drop_claim(SHIRT, "t2"),
    "is of event 6, which is not there": lambda copy: copy.drop_event(MUG, 6),
    "the claim of event 2 says event 5": lambda copy: copy.change(
        "events", *claim_key(SHIRT, "t2"), "version", {"N": "5"}
    ),
    "the claim of event 4 says event 4, or other content": lambda copy: copy.change(
        "events", *claim_key(SHIRT, "t4"), "digest", {"S": "x"}
    ),
    "was changed: its digest is": lambda copy: copy.change(
        "events", partition_of(MUG), event_place(2), "data", {"S": '{"delta":99,"reason":"opening"}'}
    ),
    "event 2 stands in the catalogue": lambda copy: copy.change(
        "events", partition_of(MUG), event_place(2), "catalogue", {"N": "1"}
    ),
    "event 1 does not stand in the catalogue": lambda copy: copy.change(
        "events", partition_of(MUG), event_place(1), "catalogue", {"N": "64"}
    ),
    "an item of no kind of ours": lambda copy: copy.change("events", "a", "b", "c", {"N": "1"}),
    "the row holds": lambda copy: copy.change("models", "inventory@1#other", f"r#sku#{MUG.key}", "body", {"B": b"[1]"}),
    "document stray of default is in no event": lambda copy: copy.change(
        "models", ALERTS, "d#stray", "body", {"B": b"{}"}
    ),
    "it stands at event 7 of other/sku/MUG": lambda copy: copy.change(
        "models", "inventory@1#other", f"r#sku#{MUG.key}", "positions", {"N": "7"}
    ),
}


@pytest.mark.parametrize("said", DAMAGES)
def test_planted_damage_is_named(copy: Copy, said: str) -> None:
    DAMAGES[said](copy)
    found = copy.findings()
    assert any(said in sentence for sentence in found), found


@pytest.mark.parametrize(
    "said", [said for said in DAMAGES if "changed" not in said and "catalogue" not in said and "ours" not in said]
)
def test_what_can_be_mended_is(copy: Copy, said: str) -> None:
    DAMAGES[said](copy)
    copy.adopt()
    assert copy.findings() == []


def test_a_stream_is_cut_at_its_first_hole_and_the_rest_goes_into_a_file(copy: Copy) -> None:
    copy.drop_event(MUG, 3)
    with closing(open_store(copy.settings)) as store:
        [fifth] = [event for event in store.log.read(MUG, 4) if event.version == 5]
    done = copy.adopt()
    assert (done.plan.holes, done.plan.cut, done.remainder) == (1, 3, str(copy.remainder))
    kept = [json.loads(line) for line in gzip.decompress(copy.remainder.read_bytes()).splitlines()]
    assert [(line["stream"], line["version"], line["tx_id"]) for line in kept] == [
        (str(MUG), version, f"t{version}") for version in (4, 5, 6)
    ]
    assert kept[1]["data"] == fifth.data.decode()
    with closing(open_store(copy.settings)) as store:
        assert [event.version for event in store.log.read(MUG)] == [1, 2]
        again = fact(StockAdjusted(delta=5, reason="opening"), tx="t5", at=AT, source="test")
        [taken] = store.log.append([Append(MUG, (again,))])
        assert isinstance(taken, Appended)  # what was cut off may come again, once
        assert taken.version == 3
    copy.drop_event(MUG, 1)
    with pytest.raises(RemainderExists):
        copy.adopt()


def test_a_fact_without_a_claim_would_count_twice_and_after_adopting_does_not(copy: Copy) -> None:
    copy.drop_claim(SHIRT, "t5")
    copy.adopt()
    assert copy.append(SHIRT, "t5", 8) == Duplicate(5)


def test_listings_go_on_after_the_log_s_newest_attempt_where_registers_are_gone(copy: Copy) -> None:
    copy.drop("registers", "delivery/", "delivery/default/amazon/SHIRT")
    done = copy.adopt()
    assert (done.numbered, done.doubted) == (1, 1)
    with closing(open_store(copy.settings)) as store:
        delivery = Attempts(store.registers, "amazon").entry("default", sku("SHIRT")).delivery
        assert (delivery.attempt, delivery.doubtful) == (3, True)
        assert len(list(store.log.read(TOLD))) == 3


def test_tables_that_are_written_to_are_left_alone(copy: Copy) -> None:
    copy.drop_event(MUG, 3)
    client = dynamodb_client(copy.settings.dynamodb_endpoint)
    with (
        closing(DynamoStore(client, copy.prefix)) as store,
        closing(copy.walks()) as walks,
        pytest.raises(StillWritten, match="something writes to these tables"),
    ):
        adopt(store, walks, Errand(copy.remainder, ""))
    assert any("event 3 is missing" in sentence for sentence in copy.findings())


def test_looking_changes_nothing(copy: Copy) -> None:
    copy.drop_event(MUG, 3)
    copy.drop_claim(SHIRT, "t2")
    before = copy.findings()
    with closing(copy.walks()) as walks, closing(Claims()) as claims:
        plan = look(claims, walks)
    assert (plan.holes, plan.cut, plan.missing, plan.idle) == (1, 3, 1, 4)
    assert copy.findings() == before


def test_a_broken_off_restore_is_not_adopted(copy: Copy) -> None:
    with closing(open_store(copy.settings)) as store:
        Marking(store.registers).write(Mark("other", "an archive", AT, "`syncstate restore a`"))
    with pytest.raises(OtherRestore, match="syncstate restore a"):
        copy.adopt()


class Broken(Exception):
    """The process ends here."""


def _dies(*_: object, **__: object) -> None:
    raise Broken


STEPS = ["_keep", "_claim", "number_attempts", "doubt_all", "fold_all"]


@pytest.mark.parametrize("step", STEPS)
def test_adopting_that_is_broken_off_is_told_and_can_be_repeated(
    copy: Copy, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    copy.drop_event(MUG, 3)
    copy.drop_claim(SHIRT, "t2")
    with monkeypatch.context() as broken:
        broken.setattr(adopting, step, _dies)
        with pytest.raises(Broken):
            copy.adopt()
    with pytest.raises(RestoreHalfDone, match="again"):
        open_store(copy.settings)
    if step == "_claim":  # the remainder is written, and nothing of it is deleted yet
        with pytest.raises(RemainderExists):
            copy.adopt()
        copy.remainder.rename(copy.remainder.with_name("first.gz"))
    copy.adopt()
    assert copy.findings() == []


def test_adopting_that_dies_between_two_deletes_loses_nothing(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    copy.drop_event(MUG, 3)
    real, deleted = TableAccess.delete, [0]

    def one(self: TableAccess, keys: Any) -> None:
        real(self, keys[:1])
        deleted[0] += 1
        raise Broken

    with monkeypatch.context() as broken:
        broken.setattr(TableAccess, "delete", one)
        with pytest.raises(Broken):
            copy.adopt()
    assert deleted == [1]
    assert len(gzip.decompress(copy.remainder.read_bytes()).splitlines()) == 3
    copy.remainder = copy.remainder.with_name("second.gz")
    copy.adopt()
    assert copy.findings() == []


@pytest.mark.parametrize("unseen", ["SeenEvent", "SeenClaim"])
def test_what_is_in_flight_is_no_finding(copy: Copy, monkeypatch: pytest.MonkeyPatch, unseen: str) -> None:
    real = Walks.log

    def torn(self: Walks) -> Iterator[Any]:
        """See the table as while transactions commit: of some the event is not there yet, or the claim."""
        seen = list(real(self))
        late = [found for found in seen if type(found).__name__ == unseen][::2]
        return iter([found for found in seen if found not in late])

    monkeypatch.setattr(Walks, "log", torn)
    assert copy.findings() == []


def test_a_document_that_changes_while_it_is_looked_at_is_no_finding(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = [0]
    real = Walks.models

    def moving(self: Walks) -> Iterator[Any]:
        looks[0] += 1
        seen = list(real(self))
        return iter([found for found in seen if looks[0] > 1 or "Document" not in type(found).__name__])

    monkeypatch.setattr(Walks, "models", moving)
    assert copy.findings() == []
    assert looks == [2]


def test_without_tables_the_error_says_what_to_do(copy: Copy) -> None:
    with (
        closing(Walks(copy.client, "nowhere-")) as walks,
        closing(Claims()) as claims,
        pytest.raises(ProcessorError, match="syncstate tables create"),
    ):
        look(claims, walks)
