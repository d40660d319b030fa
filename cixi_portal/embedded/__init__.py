"""PostgreSQL and Redis from Python wheels, for machines that offer neither.

The servers run as an unprivileged user on private unix sockets, with their data under ``var/``
(started as root: under ``/var/lib/cixi-portal/``). Set ``DATABASE_URL`` and ``REDIS_URL`` and none
of this package is used.
"""


class Refusal(RuntimeError):
    """The servers cannot be used; the text tells the operator why and what to do."""
