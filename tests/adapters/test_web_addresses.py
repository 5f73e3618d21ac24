"""Which addresses are public."""

from ipaddress import ip_address

import pytest

from adapters.web.address import forbidden


@pytest.mark.parametrize(
    "text",
    [
        "0.1.2.3", "127.255.255.254", "100.127.255.254", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1",
        "198.51.100.7", "203.0.113.9", "239.1.1.1", "240.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "100::1", "2001:db8::1",
        "2001:0:53aa:64c::1", "3fff::1", "5f00::1", "fec0::1", "fe80::1%eth0", "64:ff9b:1::1", "4000::1",
        "2a00:1450::5efe:a00:1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_unicast_is_forbidden(text: str) -> None:
    assert forbidden(ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.216.34", "2a00:1450:4001::1", "2606:4700::6810:84e5"])
def test_a_public_address_is_not_forbidden(text: str) -> None:
    assert not forbidden(ip_address(text))
