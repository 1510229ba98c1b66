"""Stock files, as people and spreadsheets write them."""

import pytest

from ingest.imports.rows import BadRow, Findings, Row, Unreadable
from ingest.imports.stock import StockFile


def checked(content: str | bytes) -> Findings:
    return StockFile(content.encode() if isinstance(content, str) else content).check()


def rows_of(content: str, again: str = "") -> list[Row | BadRow]:
    file = StockFile(content.encode(), again)
    file.check()
    return list(file.rows())


def stated(content: str) -> list[tuple[str, str, object]]:
    """Return (SKU, kind, value) of every fact."""
    rows = [row for row in rows_of(content) if isinstance(row, Row)]
    return [(fact.sku, fact.type, next(iter(fact.fields.values()))) for row in rows for fact in row.facts]


def test_a_row_states_what_its_cells_hold_and_nothing_for_empty_ones() -> None:
    content = "sku,count,buffer,threshold,asin\nMUG,7,2,3,b000000001\nCAP,0,,,\n"
    assert stated(content) == [
        ("MUG", "buffer", 2),
        ("MUG", "threshold", 3),
        ("MUG", "count", 7),
        ("MUG", "mapping", "B000000001"),
        ("CAP", "count", 0),
    ]
    assert checked(content) == Findings(good=2, facts=5, blank=0, wrong=0, bad=())


@pytest.mark.parametrize(
    "content",
    [
        "sku,count\nMUG,7\nCAP,8\n",
        "\ufeffSKU,Count\r\nMUG,7\r\nCAP,8",
        "sku;count\nMUG;7\nCAP;8\n",
        "sep=;\r\nsku;count\r\nMUG;7\r\nCAP;8\r\n",
        "sku\tcount\nMUG\t7\nCAP\t8\n",
        '"sku","count"\n"MUG","7"\n"CAP"," 8 "\n',
        "sku,count\rMUG,7\rCAP,8\r",
        " COUNT , sku ,title\n7,MUG,a mug\n08,CAP,\n\n,,\n",
    ],
)
def test_spreadsheets_differ_and_mean_the_same(content: str) -> None:
    assert stated(content) == [("MUG", "count", 7), ("CAP", "count", 8)]


@pytest.mark.parametrize("sku", ["MUG/BLUE", "A #2", "100%", "A,B", 'PIPE 12"', '"quoted"', "Größe Ⅳ", "-A", ".."])
def test_any_sku_survives(sku: str) -> None:
    quoted = sku.replace('"', '""')
    assert stated(f'sku,count\n"{quoted}",5\n') == [(sku, "count", 5)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",5", "the SKU is missing"),
        ("A,", "count is empty"),
        ("A", "count is empty"),
        ("A,-1", "count: a whole number from 0 to 1,000,000"),
        ("A,1000001", "count: a whole number"),
        ("A," + "9" * 400, "count: a whole number"),
        ("A,1.0", "not '1.0'"),
        ('A,"1,000"', "not '1,000'"),
        ("A,1e3", "not '1e3'"),
        ("A,٣", "count: a whole number"),
        ("A,=1+1", "not '=1+1'"),
        ("=1+1,5", "spreadsheet's formula"),
        ('"=""00123""",5', "spreadsheet's formula"),
        ("A\x07B,5", "printable"),
        ("x" * 201 + ",5", "1 to 200 printable"),
        ("CUP,BLUE,5", "must stand in quotes"),
    ],
)
def test_a_wrong_row_is_named_by_its_line_and_spoils_no_other(row: str, said: str) -> None:
    found = checked(f"sku,count\nCAP,1\n{row}\nMUG,2\n")
    assert (found.good, found.wrong) == (2, 1)
    assert found.bad[0].line == 3
    assert said in found.bad[0].reason


@pytest.mark.parametrize(("column", "value"), [("buffer", "-1"), ("threshold", "none"), ("asin", "B0"), ("asin", "é")])
def test_the_other_columns_are_checked_too(column: str, value: str) -> None:
    found = checked(f"sku,count,{column}\nMUG,1,{value}\n")
    assert (found.good, found.wrong) == (0, 1)
    assert found.bad[0].reason.startswith(f"{column}: ")


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    found = checked('sep=,\nsku,count,note\nA,1,"two\nlines"\n\nB,x,\nC,y,\n')
    assert [bad.line for bad in found.bad] == [6, 7]
    assert (found.good, found.blank, found.wrong) == (1, 1, 2)


def test_a_sku_in_several_rows_is_taken_from_none_of_them() -> None:
    found = rows_of("sku,count\nA,1\nB,2\n A ,3\na,4\nA,x\n")
    assert [row.line for row in found if isinstance(row, BadRow)] == [2, 4, 6]
    assert [row.facts[0].sku for row in found if isinstance(row, Row)] == ["B", "a"]
    assert "first in line 2" in str(found[2])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"name,units\nA,1\n", "line 1: the header must name sku and count; it names: name, units"),
        (b"sku,quantity\nA,1\n", "must name count"),
        (b"sku,count,Count\nA,1,2\n", "'count' twice"),
        (b"sku,count\nA,1\nGr\xf6\xdfe,2\n", "line 3: the text is not UTF-8"),
        ("sku,count\nA,1\n".encode("utf-16"), "UTF-16"),
        (b'sku,count\nA,1\n"B,2\nC,3\n', "line 3: the quotes of the row that begins here"),
        (
            b"sku,count,note\nA,1,\nB,2," + b"x" * 131_073,
            "line 3: a cell of the row that begins here has more",
        ),
    ],
)
def test_what_is_no_stock_file_is_refused_whole(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        checked(content)
    assert said in str(caught.value)


def test_columns_that_are_not_read_are_told() -> None:
    assert checked("sku,count,Title\nA,1,x\n").notes == ("columns that are not read: title",)


def identities(content: str, again: str = "") -> list[str]:
    return [fact.tx for row in rows_of(content, again) if isinstance(row, Row) for fact in row.facts]


def test_identities_follow_from_what_the_file_says_and_not_from_how_it_is_written() -> None:
    known = identities("sku,count,buffer\nA,1,2\nB,3,\n")
    assert len(set(known)) == 2
    assert sorted(identities("sku,count,buffer\nB,3,\nA,1,2\n")) == sorted(known)
    assert identities('\ufeffSKU;COUNT;BUFFER\r\n"A";01;2\r\nB;3;\r\n\r\n') == known
    assert set(identities("sku,count,buffer\nA,1,2\nB,4,\n")).isdisjoint(known)
    assert set(identities("sku,count,buffer\nA,1,2\nB,3,\n", again="spring")).isdisjoint(known)
    assert identities("sku,count\nA,1\n", "spring") == identities("sku,count\nA,1\n", "spring")
    assert max(map(len, identities("sku,count\nA,1\n", again="x" * 40))) <= 200


def test_of_many_wrong_rows_the_first_are_kept_and_all_are_counted() -> None:
    found = checked("sku,count\n" + "A,x\n" * 3000 + "B,1\n")
    assert (found.wrong, len(found.bad), found.good) == (3000, 1000, 1)
