"""``LAN=1 make run``: the portal over https on the local network too, so that a real phone's camera works.

Browsers open camera, microphone and place to secure pages only. The certificate is made for this machine's own
address, by itself, for a month; a phone warns about that once. Nothing is bound unless it is asked for.
"""

import datetime as dt
import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .address import Address, UnableToUseAddress

DEFAULT_PORT = 8443
CERTIFICATE_DAYS = 30


@dataclass(frozen=True)
class LocalNetwork:
    """Where phones of the same network find the portal."""

    host: str
    port: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "LocalNetwork | None":
        """None unless ``LAN`` is ``1`` or names the address to use. Raises :class:`UnableToUseAddress`."""
        asked = environment.get("LAN", "")
        if asked in ("", "0"):
            return None
        host = own_address() if asked == "1" else asked
        if not host:
            raise UnableToUseAddress("没有找到本机的局域网地址，请写明：make run LAN=192.168.1.20。")
        port = Address.from_environment({"PORT": environment.get("LAN_PORT") or str(DEFAULT_PORT)}).port
        return cls(host, port)

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    def reserve(self) -> socket.socket:
        """Take the port on this address only."""
        return Address(self.host, self.port).reserve()

    def invitation(self) -> str:
        """What the terminal shows: the address and its QR code."""
        lines = segno.make(f"{self.url}/villages/", error="l")
        drawn = "\n".join(_rows([list(row) for row in lines.matrix_iter(border=2)]))
        return f"手机与本机连同一网络，扫码打开（首次会提示证书由本机自签，请选择继续）：\n{drawn}\n{self.url}/villages/"


def own_address() -> str:
    """The address of the interface that leads out; no packet is sent. '' without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address: only the route is looked up
            return str(probe.getsockname()[0])
        except OSError:
            return ""


def ensure_certificate(folder: Path, host: str, now: dt.datetime) -> tuple[Path, Path]:
    """Key and certificate for ``host``, made anew when they are missing, old or for another address."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_path, certificate_path = folder / "lan.key", folder / "lan.crt"
    if not (key_path.exists() and certificate_path.exists() and _fits(certificate_path, host, now)):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(key, host, now)
        handle = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_path, certificate_path


def _certificate(key: ec.EllipticCurvePrivateKey, host: str, now: dt.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "慈溪市公共数据平台（本机）")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=CERTIFICATE_DAYS))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _fits(path: Path, host: str, now: dt.datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return host in addresses and now + dt.timedelta(days=1) < certificate.not_valid_after_utc


def _rows(matrix: list[list[int]]) -> list[str]:
    """Two rows of modules in one line of text, dark on light whatever the terminal's colours."""
    blocks = {(1, 1): " ", (1, 0): "▄", (0, 1): "▀", (0, 0): "█"}
    if len(matrix) % 2:
        matrix = [*matrix, [0] * len(matrix[0])]
    pairs = zip(matrix[::2], matrix[1::2], strict=True)
    return [
        "".join(blocks[int(a > 0), int(b > 0)] for a, b in zip(top, low, strict=True)) for top, low in pairs
    ]
