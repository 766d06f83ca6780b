"""TLS with a certificate authority of the simulator's own, thrown away at its end.

What belongs here: that authority and the hosts' certificate. What does not: listening
(`doors.py`).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable

import trustme

from crypto_pipeline.simulator.wire.hostnames import HOSTS

LOCAL = ("127.0.0.1", "localhost")


class Authority:
    """A certificate authority that lives in memory alone, and one certificate for every host."""

    def __init__(self) -> None:
        self._authority = trustme.CA()
        self._certificate = self._authority.issue_cert(
            *LOCAL, *(name.partition(":")[0] for name in HOSTS)
        )

    def pem(self) -> bytes:
        """The authority's certificate, for a client's list of those it trusts."""
        return self._authority.cert_pem.bytes()

    def context(self, fails: Callable[[], bool]) -> ssl.SSLContext:
        """What a listener shakes hands with.

        Args:
            fails: whether a handshake that begins now is to fail.
        """

        def judge(_: ssl.SSLObject, __: str | None, ___: ssl.SSLContext) -> int | None:
            return ssl.AlertDescription.ALERT_DESCRIPTION_HANDSHAKE_FAILURE if fails() else None

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(context)
        context.sni_callback = judge
        return context
