"""What is to become of each thing that a channel lists."""

from collections.abc import Mapping

import pytest

from stock.mapping_health import Finding
from syncstate.connecting.comparing import Compared, Found, Left, Verdict, compared
from syncstate.connecting.here import Here, Known


def a_known(sku: str, listing: str | None = None, broadcast: int | None = None, *, taken_away: bool = False) -> Known:
    return Known(sku, 1, broadcast is not None, broadcast or 0, listing, taken_away)


def here(*known: Known) -> Here:
    return Here({one.sku: one for one in known}, {one.listing: one for one in known if one.listing is not None})


def a_found(name: str | None, listing: str | None = None, quantity: int | None = 1, left: Left | None = None) -> Found:
    return Found(listing or name or "?", name, quantity, left=left)


def verdicts(told: Compared) -> Mapping[str, Verdict]:
    return {one.found.listing: one.verdict for one in told.judged}


def test_a_known_sku_without_a_listing_is_mapped_to_the_one_of_its_name() -> None:
    [one] = compared([a_found("A")], here(a_known("A")), new=False).judged
    assert (one.verdict, one.sku) == ("map", "A")


def test_what_is_mapped_stays_whatever_its_sku_is_called() -> None:
    told = compared([a_found("L"), a_found("A")], here(a_known("A", "L"), a_known("L")), new=True)
    assert verdicts(told) == {"L": "mapped", "A": "elsewhere"}
    assert told.findings[0] == Finding("duplicate", ("L", "A"), ("A",))


def test_what_a_person_unmapped_stays_so() -> None:
    assert verdicts(compared([a_found("A")], here(a_known("A", taken_away=True)), new=True)) == {"A": "taken_away"}


@pytest.mark.parametrize(("new", "verdict"), [(False, "unknown"), (True, "map")])
def test_a_sku_that_is_not_known_here_begins_on_demand(new: bool, verdict: str) -> None:  # noqa: FBT001 - a case
    told = compared([a_found("A")], here(), new=new)
    assert verdicts(told) == {"A": verdict}
    assert told.findings == (() if new else (Finding("unmapped", ("A",)),))


@pytest.mark.parametrize("left", ["not_merchant", "deleted", "bundle", "untracked"])
def test_what_is_left_alone_is_so_even_where_its_sku_is_known(left: Left) -> None:
    told = compared([a_found("A", left=left), a_found("B", left=left)], here(a_known("A")), new=True)
    assert verdicts(told) == {"A": left, "B": left}


def test_what_is_left_alone_is_no_duplicate_of_what_is_not() -> None:
    told = compared([a_found("A", "1", left="untracked"), a_found("A", "2")], here(), new=True)
    assert verdicts(told) == {"1": "untracked", "2": "map"}


def test_two_on_one_sku_are_both_left_to_a_person() -> None:
    told = compared([a_found("A", "1"), a_found(" A", "2"), a_found("B", "3")], here(a_known("A")), new=True)
    assert verdicts(told) == {"1": "duplicate", "2": "duplicate", "3": "map"}
    assert told.findings == (Finding("duplicate", ("1", "2"), ("A",)),)


def test_one_of_two_that_is_mapped_makes_the_other_a_duplicate() -> None:
    told = compared([a_found("A", "1"), a_found("A", "2")], here(a_known("A", "1")), new=True)
    assert verdicts(told) == {"1": "mapped", "2": "elsewhere"}


@pytest.mark.parametrize(
    ("name", "verdict"), [(None, "blank"), ("  ", "blank"), ("a\x07", "unfit"), ("a" * 201, "unfit")]
)
def test_what_has_no_sku_is_blank(name: str | None, verdict: str) -> None:
    told = compared([a_found(name, "1")], here(), new=True)
    assert verdicts(told) == {"1": verdict}
    assert told.findings == (Finding("blank", ("1",)),)


def test_another_spelling_is_never_mapped() -> None:
    told = compared([a_found("a 1")], here(a_known("A1")), new=True)
    assert verdicts(told) == {"a 1": "case"}
    assert told.findings == (Finding("case", ("a 1",), ("A1",)),)


def test_the_right_spelling_is_mapped_beside_a_wrong_one() -> None:
    assert verdicts(compared([a_found("A"), a_found("a")], here(a_known("A")), new=True)) == {"A": "map", "a": "case"}


def test_two_new_spellings_of_one_name_are_left_to_a_person() -> None:
    assert verdicts(compared([a_found("A"), a_found("a")], here(), new=True)) == {"A": "case", "a": "case"}


def test_skus_that_nothing_lists_and_listings_that_are_gone_are_told() -> None:
    told = compared([], here(a_known("A"), a_known("B", "L")), new=True)
    assert told.findings == (Finding("unmapped", ("L",), ("B",)), Finding("unmapped", (), ("A",)))


@pytest.mark.parametrize(
    ("broadcast", "shows", "differs"), [(3, 3, False), (3, 4, True), (0, 4, True), (None, 4, False)]
)
def test_a_number_differs_only_where_the_sku_is_counted(broadcast: int | None, shows: int, differs: bool) -> None:  # noqa: FBT001 - a case
    [one] = compared([a_found("A", quantity=shows)], here(a_known("A", broadcast=broadcast)), new=False).judged
    assert one.differs is differs


def test_the_worst_comes_first() -> None:
    told = compared([a_found("X"), a_found(None, "1"), a_found("D", "2"), a_found("D", "3")], here(), new=False)
    assert [one.kind for one in told.findings] == ["duplicate", "blank", "unmapped"]
