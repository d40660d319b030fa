"""Where the portal listens, and which names requests may carry."""

import socket

import pytest

from cixi_portal.supervisor.address import Address, UnableToUseAddress


def test_the_default_is_this_machine_alone() -> None:
    assert Address.from_environment({}) == Address("127.0.0.1", 8000)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8001"),
        ("0.0.0.0", "http://127.0.0.1:8001"),
        ("::", "http://[::1]:8001"),
        ("::1", "http://[::1]:8001"),
        ("portal.example", "http://portal.example:8001"),
    ],
)
def test_the_url_can_be_opened_on_this_machine(host: str, url: str) -> None:
    assert Address(host, 8001).url == url


def test_an_open_address_admits_the_machines_own_names() -> None:
    names = Address("0.0.0.0", 8000).names()
    assert {"127.0.0.1", "localhost", socket.gethostname()} <= set(names)


def test_a_reserved_port_is_refused_to_a_second_one() -> None:
    with Address("127.0.0.1", 0).reserve() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UnableToUseAddress, match=f"端口 {port} 已被占用.*make run PORT="):
            Address("127.0.0.1", port).reserve()


def test_a_port_of_a_portal_that_has_just_ended_is_free_again() -> None:
    with Address("127.0.0.1", 0).reserve() as first:
        port = first.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        first.accept()[0].close()
        client.close()
    Address("127.0.0.1", port).reserve().close()
