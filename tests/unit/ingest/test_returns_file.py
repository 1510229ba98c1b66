"""Amazon's report of customer returns. Its rows are written here after the columns of its documentation."""

import pytest

from ingest.amazon.report import ReturnsReport
from ingest.imports.rows import BadRow, FileFact, Row, Unreadable
from tests.payloads.files import COLUMNS, a_report, a_return


def facts(content: bytes, pool: str = "fba") -> list[FileFact]:
    rows = ReturnsReport(content, pool).rows()  # type: ignore[arg-type]
    return [fact for row in rows if isinstance(row, Row) for fact in row.facts]


def test_a_row_tells_a_return_without_anything_of_the_customer() -> None:
    [fact] = facts(a_report(a_return(product_name="Secret mug", customer_comments="call me: 555 123")))
    assert fact.body == {
        "type": "return",
        "sku": "MUG",
        "quantity": 1,
        "disposition": "SELLABLE",
        "pool": "fba",
        "orderId": "123-1234567-1234567",
        "reason": "UNWANTED_ITEM",
        "tx": fact.tx,
        "occurredAt": "2026-11-03T08:15:00.000000Z",
    }


def test_names_and_comments_may_be_in_any_encoding() -> None:
    row = a_return(product_name="NAME", customer_comments="COMMENT").encode()
    content = a_report() + row.replace(b"NAME", "Tasse weiß".encode("cp1252")).replace(b"COMMENT", b"\xff\xfe\t\x80")
    assert [fact.sku for fact in facts(content)] == ["MUG"]


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("SELLABLE", "SELLABLE"),
        ("Customer Damaged", "CUSTOMER_DAMAGED"),
        ("DAMAGED", "CUSTOMER_DAMAGED"),
        ("distributor_damaged", "CARRIER_DAMAGED"),
        ("DEFECTIVE", "UNSELLABLE"),
        ("EXPIRED", "UNSELLABLE"),
        ("EATEN_BY_DOG", "UNKNOWN"),
        ("", "UNKNOWN"),
    ],
)
def test_unknown_dispositions_are_held(word: str, known: str) -> None:
    content = a_report(a_return(detailed_disposition=word))
    assert facts(content)[0].fields["disposition"] == known
    notes = ReturnsReport(content, "fba").check().notes
    assert notes == ((f"1 with the disposition {word!r} are held as UNKNOWN",) if known == "UNKNOWN" else ())


def test_a_license_plate_is_the_identity_whatever_the_status() -> None:
    first = facts(a_report(a_return(license_plate_number="LPNRR123")))
    later = facts(a_report(a_return(license_plate_number="LPNRR123", status="Reimbursed", reason="DEFECTIVE")))
    assert first[0].tx == later[0].tx == "amazon-return:LPNRR123"


@pytest.mark.parametrize("plate", ["", "N/A", "-"])
def test_without_a_plate_the_content_is_and_equals_are_numbered(plate: str) -> None:
    row = a_return(license_plate_number=plate)
    other = a_return(license_plate_number=plate, fulfillment_center_id="BHX4")
    first = facts(a_report(row, other, row))
    assert len({fact.tx for fact in first}) == 3
    overlapping = facts(a_report(a_return(order_id="9"), row, row, a_return(status="x", product_name="y")))
    assert overlapping[1].tx == first[0].tx
    assert overlapping[2].tx == first[2].tx
    assert overlapping[3].tx not in {fact.tx for fact in first}


@pytest.mark.parametrize("field", ["return-date", "order-id", "sku", "fnsku", "fulfillment-center-id", "reason"])
def test_every_part_of_the_identity_tells_returns_apart(field: str) -> None:
    other = {"return-date": "2026-11-04T08:15:00+00:00"}.get(field, "OTHER1")
    pair = facts(a_report(a_return(), a_return(**{field: other})))
    assert pair[0].tx.split(":")[1] != pair[1].tx.split(":")[1]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "1000001"}, "quantity"),
        ({"quantity": "=1+1"}, "quantity"),
        ({"sku": " "}, "SKU"),
        ({"return_date": "yesterday"}, "return-date"),
        ({"return_date": "0001-01-01"}, "return-date"),
        ({"order_id": "1" * 101}, "order-id"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(cells: dict[str, str], said: str) -> None:
    content = a_report(a_return(), a_return(**cells), "", "short\trow")
    found = ReturnsReport(content, "fba").check()
    assert [bad.line for bad in found.bad] == [3, 5]
    assert said in found.bad[0].reason
    assert (found.good, found.blank, found.wrong) == (1, 1, 2)


def test_a_needed_column_in_another_encoding_is_a_wrong_row() -> None:
    content = a_report(a_return(sku="SKU!")).replace(b"SKU!", b"SK\xdc")
    [row] = ReturnsReport(content, "fba").rows()
    assert isinstance(row, BadRow)
    assert "UTF-8" in row.reason


def test_bom_crlf_quotes_capitals_and_any_order_of_columns_are_fine() -> None:
    plain = facts(a_report(a_return(sku='12" PIPE')))
    quoted = "\t".join('"' + cell.replace('"', '""') + '"' for cell in a_return(sku='12" PIPE').split("\t"))
    header = "\t".join(f'"{name}"' for name in COLUMNS)
    assert facts(b"\xef\xbb\xbf" + a_report(quoted, header=header, end="\r\n")) == plain
    reversed_row = "\t".join(reversed(a_return(sku='12" PIPE').split("\t")))
    assert facts(a_report(reversed_row, header="\t".join(reversed(COLUMNS)).upper())) == plain


@pytest.mark.parametrize("content", [b"", b"sku,count\nA,1\n", "return-date\torder-id".encode("utf-16")])
def test_another_file_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        ReturnsReport(content, "fba")


def test_the_pool_is_the_callers() -> None:
    assert facts(a_report(a_return()), "merchant")[0].fields["pool"] == "merchant"
