"""The portal on the local network: only when asked, over https, for the machine's own address."""

import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from cixi_portal.supervisor.address import UnableToUseAddress
from cixi_portal.supervisor.lan import LocalNetwork, ensure_certificate

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize("environment", [{}, {"LAN": ""}, {"LAN": "0"}])
def test_nothing_is_offered_unless_it_is_asked_for(environment: dict[str, str]) -> None:
    assert LocalNetwork.from_environment(environment) is None


def test_an_address_and_port_may_be_named() -> None:
    found = LocalNetwork.from_environment({"LAN": "127.0.0.1", "LAN_PORT": "9443"})
    assert found is not None and found.url == "https://127.0.0.1:9443"
    with pytest.raises(UnableToUseAddress):
        LocalNetwork.from_environment({"LAN": "127.0.0.1", "LAN_PORT": "many"})


def test_the_invitation_shows_address_and_code() -> None:
    told = LocalNetwork("192.168.1.20", 8443).invitation()
    assert "https://192.168.1.20:8443/villages/" in told and "█" in told


def test_the_certificate_is_for_the_address_kept_while_it_fits_and_its_key_is_private(tmp_path: Path) -> None:
    key, certificate = ensure_certificate(tmp_path, "192.168.1.20", NOW)
    first = certificate.read_bytes()
    names = x509.load_pem_x509_certificate(first).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert [str(name) for name in names.value.get_values_for_type(x509.IPAddress)] == ["192.168.1.20"]
    assert key.stat().st_mode & 0o077 == 0
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    ensure_certificate(tmp_path, "192.168.1.20", NOW + dt.timedelta(days=5))
    assert certificate.read_bytes() == first
    ensure_certificate(tmp_path, "192.168.1.21", NOW)
    assert certificate.read_bytes() != first
