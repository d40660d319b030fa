"""The address the portal answers at, reserved before anything else is started."""

import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass

ANY = ("0.0.0.0", "::")  # noqa: S104  (compared with, never bound unasked)
BACKLOG = 512


class UnableToUseAddress(RuntimeError):
    """Host or port cannot be used; the text says which and what to do."""


@dataclass(frozen=True)
class Address:
    """Host and port from ``HOST`` and ``PORT``."""

    host: str
    port: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Address":
        host = environment.get("HOST") or "127.0.0.1"
        text = environment.get("PORT") or "8000"
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise UnableToUseAddress(
                f"端口“{text}”无效，请给出 1 至 65535 之间的整数，如 make run PORT=8001。"
            )
        return cls(host, int(text))

    @property
    def url(self) -> str:
        """What to open in a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def names(self) -> list[str]:
        """Host names that requests may carry, for ``ALLOWED_HOSTS``."""
        own = ["127.0.0.1", "localhost", "[::1]"]
        if self.host in ANY:
            return [*own, socket.gethostname(), *_own_addresses()]
        return [*own, f"[{self.host}]" if ":" in self.host else self.host]

    def reserve(self) -> socket.socket:
        """Take the port now, so that nobody else does during a first start; the web server inherits it.

        Raises :class:`UnableToUseAddress`.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        taken = socket.socket(family, socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((self.host, self.port))
            taken.listen(BACKLOG)
        except OSError as error:
            taken.close()
            raise UnableToUseAddress(self._why(error)) from error
        return taken

    def _why(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            return (
                f"端口 {self.port} 已被占用。请关闭占用它的程序，"
                f"或换一个端口：make run PORT={_free_port(self.host)}"
            )
        if error.errno == errno.EACCES:
            return f"没有权限使用端口 {self.port}。请换用 1024 以上的端口，如 make run PORT=8000。"
        return f"无法使用地址 {self.host}（{error.strerror}）。请检查 HOST，如 make run HOST=127.0.0.1。"


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _own_addresses() -> list[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:
        return []
    return sorted({str(entry[4][0]) for entry in found})
