"""The benchmark of the stream's function runs, and what it compares is compared."""

import msgspec
import pytest

from benchmarks.__main__ import main
from benchmarks.report import Report
from tests import servers


@pytest.mark.slow
def test_a_quick_run_compares_the_function_and_counts_what_a_sale_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "consuming", "--json"]) == 0
    cpu, costs = msgspec.json.decode(capsys.readouterr().out, type=Report).sections
    assert [row.target for row in cpu.rows] == [4, 4, None, None]
    assert all(row.peer is not None and min(*row.ours.rates, *row.peer.rates) > 0 for row in cpu.rows)
    if servers.missing("dynamodb") is None:
        one, cold, ten = costs.costs
        assert one.write_units <= 10, "the budget: two items in a transaction, four rows, one index"
        assert cold.write_units == one.write_units
        assert ten.write_units < one.write_units * 0.6
