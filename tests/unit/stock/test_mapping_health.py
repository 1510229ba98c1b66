"""What is wrong among SKUs and listings, from what is stored alone."""

import pytest

from stock.mapping_health import Finding, alike, sentence, spelt_alike, stored_findings


@pytest.mark.parametrize("name", ["tshirt-red-m", "TSHIRT-RED-M", " TShirt -Red- M", "TSHIRT-RED-M\u00a0"])
def test_case_and_spaces_make_no_difference(name: str) -> None:
    assert alike(name) == alike("Tshirt-Red-M")


@pytest.mark.parametrize("name", ["TSHIRT_RED-M", "TSHIRTRED-M", "TSHIRT-RED-L", ""])
def test_everything_else_does(name: str) -> None:
    assert alike(name) != alike("TSHIRT-RED-M")


def test_skus_on_one_listing_are_one_finding() -> None:
    assert stored_findings({"A": "L", "B": "M", "C": "L"}) == [Finding("duplicate", ("L",), ("A", "C"))]


def test_skus_without_a_listing_are_named() -> None:
    assert stored_findings({"A": None, "B": "B"}) == [Finding("unmapped", (), ("A",))]


def test_skus_that_differ_in_case_alone_are_told_together() -> None:
    assert spelt_alike(["a b", "C", "AB", "Ab"]) == [Finding("case", (), ("a b", "AB", "Ab"))]


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (Finding("duplicate", ("L",), ("A", "B")), "L and A and B are shared"),
        (Finding("case", ("a",), ("A",)), "a is spelt otherwise than A"),
        (Finding("case", (), ("a", "A")), "a and A differ in case or spaces alone"),
        (Finding("blank", ("7",)), "7 has no SKU; give it one"),
        (Finding("unmapped", ("L",)), "L has no SKU here"),
        (Finding("unmapped", (), ("A",)), "A has no listing there"),
        (Finding("unmapped", ("L",), ("A",)), "A is mapped to L, which is not listed there"),
        (Finding("blank", ("{skus}",)), "{skus} has no SKU"),
    ],
)
def test_each_is_a_sentence(finding: Finding, words: str) -> None:
    assert sentence(finding).startswith(words)
