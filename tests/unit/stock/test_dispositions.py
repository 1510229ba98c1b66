"""What becomes of a returned unit."""

import pytest

from stock.dispositions import RULES, Disposition, Rule, disposition

BINDING = {
    "SELLABLE": Rule("on_hand", "sync", None),
    "CUSTOMER_DAMAGED": Rule("quarantined", "alert_only", ("return_damaged", "warning")),
    "WAREHOUSE_DAMAGED": Rule("quarantined", "quarantine", ("return_damaged", "critical")),
    "CARRIER_DAMAGED": Rule("quarantined", "quarantine", ("return_damaged", "warning")),
    "UNSELLABLE": Rule("disposed", "ignore", ("return_unsellable", "info")),
    "UNKNOWN": Rule("on_review", "alert_only", ("manual_review", "warning")),
}


def test_the_rules_are_the_binding_table() -> None:
    assert {name.value: rule for name, rule in RULES.items()} == BINDING


@pytest.mark.parametrize("name", BINDING)
def test_a_disposition_is_read_by_its_own_name(name: str) -> None:
    assert disposition(name).value == name


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("DAMAGED", Disposition.CUSTOMER_DAMAGED),
        ("DISTRIBUTOR_DAMAGED", Disposition.CARRIER_DAMAGED),
        ("DEFECTIVE", Disposition.UNSELLABLE),
        ("EXPIRED", Disposition.UNSELLABLE),
    ],
)
def test_amazon_s_other_words_are_read_as_the_nearest(word: str, meaning: Disposition) -> None:
    assert disposition(word) is meaning


@pytest.mark.parametrize(
    "spelling",
    [
        "carrier_damaged",
        "Carrier Damaged",
        " CARRIER  DAMAGED ",
        "carrier__damaged",
        "_Carrier_Damaged_",
        "cArRiEr\tdamaged",
    ],
)
def test_case_spaces_and_underscores_do_not_matter(spelling: str) -> None:
    assert disposition(spelling) is Disposition.CARRIER_DAMAGED


@pytest.mark.parametrize("word", ["", " ", "_", "SELLABLE2", "CARRIERDAMAGED", "MELTED", "CARRIER DAMAGED NOT"])
def test_another_word_is_refused_and_the_known_ones_are_named(word: str) -> None:
    with pytest.raises(ValueError, match=r"SELLABLE.*UNKNOWN.*DAMAGED.*EXPIRED"):
        disposition(word)


def test_a_refusal_does_not_repeat_a_long_word_whole() -> None:
    with pytest.raises(ValueError, match="unknown disposition") as refused:
        disposition("x" * 10_000)
    assert len(str(refused.value)) < 400
