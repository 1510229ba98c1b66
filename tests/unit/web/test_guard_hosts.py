import pytest

from web.guard.hosts import is_local, is_loopback


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "LOCALHOST", "::ffff:127.0.0.1"])
def test_this_machine_is_known_by_its_addresses(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    ["", "0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1", "evil.example", "127.0.0.1.evil.example"],  # noqa: S104
)
def test_no_other_machine_is_taken_for_it(address: str) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize("host", ["localhost", "localhost:3000", "127.0.0.1:80", "127.1.2.3", "[::1]", "[::1]:3000"])
def test_a_local_host_has_any_port_or_none(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:3000",
        "evil.example:127",
        "localhost:",
        "localhost:a",
        "localhost:80:80",
        "::1",
        "[::1",
        "[::1]x",
        "[::1]:",
        "[localhost]",
        "[127.0.0.1]",
        "10.0.0.1",
    ],
)
def test_a_name_that_only_leads_here_is_not_local(host: str) -> None:
    assert not is_local(host)
