"""Faults of connections: refused, reset, an outage, TLS, and times between which they strike."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import os
import resource
import socket
import ssl
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import sleep
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.wire.doors import Doors
from crypto_pipeline.simulator.wire.faults import FaultBook
from crypto_pipeline.simulator.wire.files import checksum_line, gzipped, zipped
from crypto_pipeline.simulator.wire.host import Host
from crypto_pipeline.simulator.wire.rules import Rules
from crypto_pipeline_tests.simulated import WAIT, ask
from crypto_pipeline_tests.simulator.wire.hosting import NAME, Hosting, ParrotHost, hosting, soon

ROWS = b"1,2,3,4\n5,6,7,8\n9,10,11,12\n"


@pytest.fixture(scope="module")
def shared() -> Iterator[Hosting]:
    with hosting(ParrotHost(zipped(zipfile.ZipInfo("file.csv"), [ROWS]))) as running:
        yield running


@pytest.fixture
def host(shared: Hosting) -> Iterator[Hosting]:
    shared.book.replace([])
    yield shared
    shared.book.replace([])
    assert answers(shared)


def refused(host: Hosting) -> bool:
    try:
        return not ask(host.url + "/json")
    except ConnectionRefusedError:
        return True


def answers(host: Hosting) -> bool:
    return soon(lambda: not refused(host) and ask(host.url + "/json").status == 200)


def secure(host: Hosting, context: ssl.SSLContext) -> http.client.HTTPResponse:
    """GET /json of the TLS twin."""
    address = urlsplit(host.twin).netloc
    connection = http.client.HTTPSConnection(address, timeout=10, context=context)
    connection.request("GET", "/json", headers={"Connection": "close"})
    return connection.getresponse()


def trusting(host: Hosting) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=host.pem)


def test_connection_refused_given_a_rule_closes_the_port_until_it_ends(host: Hosting) -> None:
    host.fault(kind="connection_refused", host="stream.bybit.com")

    assert soon(lambda: refused(host))


def test_connection_refused_given_an_open_websocket_lets_it_be(host: Hosting) -> None:
    with host.socket() as talk:
        talk.hear()
        host.fault(kind="connection_refused")
        assert soon(lambda: refused(host))
        talk.say("still there")

        assert talk.hear() == "still there"


def test_outage_given_an_exchange_cuts_its_connections_too(host: Hosting) -> None:
    with host.socket() as talk:
        talk.hear()
        host.fault(kind="outage", exchange="bybit")

        assert talk.ended() == (1006, "")
        assert soon(lambda: refused(host))


def test_outage_given_another_exchange_leaves_the_host_alone(host: Hosting) -> None:
    host.fault(kind="outage", exchange="okx")

    assert not soon_refused(host)


def soon_refused(host: Hosting) -> bool:
    """Whether the host is refused after it had time to read the rules."""
    sleep(0.1)
    return refused(host)


def test_outage_given_a_start_and_an_end_lasts_so_long(host: Hosting) -> None:
    noon = datetime.fromisoformat("2025-02-10T12:00:00+00:00")
    host.clock.set(noon, 0.0)
    host.fault(kind="outage", start="2025-02-10T13:00:00Z", end="2025-02-10T14:00:00Z")
    assert not soon_refused(host)

    host.clock.set(noon.replace(hour=13), 0.0)
    assert soon(lambda: refused(host))

    host.clock.set(noon.replace(hour=14), 0.0)
    assert answers(host)


def test_connection_reset_given_a_request_resets(host: Hosting) -> None:
    host.fault(kind="connection_reset", path="json", times=1)

    with pytest.raises(ConnectionResetError):
        ask(host.url + "/json")


def test_connection_reset_given_a_handshake_resets(host: Hosting) -> None:
    host.fault(kind="connection_reset", times=1)

    with pytest.raises(InvalidMessage), host.socket():
        pass


def test_tls_given_a_client_that_trusts_the_authority_answers(host: Hosting) -> None:
    assert secure(host, trusting(host)).status == 200


def test_tls_given_a_websocket_that_trusts_the_authority_opens(host: Hosting) -> None:
    assert asyncio.run(welcome(host.twin.replace("https", "wss"), trusting(host))) == "welcome"


async def welcome(url: str, context: ssl.SSLContext) -> str | bytes:
    """A websocket's first message; asyncio, as one SSL object is not for two threads."""
    async with connect(url, ssl=context, proxy=None, open_timeout=WAIT) as connection:
        return await asyncio.wait_for(connection.recv(), WAIT)


def test_tls_given_a_client_that_does_not_trust_is_refused_by_it(host: Hosting) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        secure(host, ssl.create_default_context())


def test_tls_failure_given_a_rule_fails_the_handshake(host: Hosting) -> None:
    host.fault(kind="tls_failure")
    with pytest.raises(ssl.SSLError):
        secure(host, trusting(host))
    host.book.replace([])

    assert secure(host, trusting(host)).status == 200


def test_wrong_content_length_given_an_answer_says_more_than_comes(host: Hosting) -> None:
    host.fault(kind="wrong_content_length", times=1)

    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(host.url + "/json")
    assert json.loads(caught.value.partial)["symbol"] == "BTCUSDT"


def test_truncated_json_given_an_answer_gives_half_of_it(host: Hosting) -> None:
    host.fault(kind="truncated_json")

    with pytest.raises(json.JSONDecodeError):
        ask(host.url + "/json").json()


@pytest.mark.parametrize("kind", ["403", "418", "429", "451", "500", "502", "503"])
def test_status_given_a_host_without_a_body_of_its_own_is_html(host: Hosting, kind: str) -> None:
    host.fault(kind=kind, times=1)

    reply = ask(host.url + "/json")

    assert reply.status == int(kind)
    assert b"<html>" in reply.body


def test_other_method_given_a_host_that_reads_alone_is_405(host: Hosting) -> None:
    assert ask(host.url + "/json", "POST", {"a": 1}).status == 405


def test_month_differs_given_a_monthly_file_leaves_out_its_middle_row(host: Hosting) -> None:
    host.fault(kind="month_differs")

    monthly = ask(host.url + "/monthly/file.zip").body
    daily = ask(host.url + "/daily/file.zip").body
    checksum = ask(host.url + "/monthly/file.zip.CHECKSUM")

    assert zipfile.ZipFile(io.BytesIO(monthly)).read("file.csv") == b"1,2,3,4\n9,10,11,12\n"
    assert zipfile.ZipFile(io.BytesIO(daily)).read("file.csv") == ROWS
    assert checksum.body == checksum_line(monthly, "file.zip")


def test_files_given_a_gzip_are_changed_like_a_zip() -> None:
    with hosting(ParrotHost(gzipped(ROWS))) as running:
        running.fault(kind="truncate_row", row=1, columns=2)
        path = "/monthly/file.zip"
        content = ask(running.url + path).body

    assert gzipped(b"1,2\n5,6,7,8\n9,10,11,12\n") == content
    assert checksum_line(content, path).endswith(b"  file.zip\n")


def test_open_given_no_file_left_for_a_door_leaves_none_open() -> None:
    book = FaultBook(SimulatorClock())
    hosts = [Host(name, ParrotHost(), book, Rules()) for name in (NAME, "api.bybit.com")]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def opened() -> dict[str, str]:
        doors = Doors(hosts, book, iter((port, 0, 0, 0)))
        with files_left(1), pytest.raises(OSError, match="Too many open files"):
            await doors.open()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        found = await doors.open()
        await doors.close()
        return found

    assert list(asyncio.run(opened())) == [NAME, "api.bybit.com"]


@contextmanager
def files_left(count: int) -> Iterator[None]:
    """This process may open so many files more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
