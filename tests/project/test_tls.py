"""TLS to Postgres and Redis by their addresses alone: the certificate and the server's name are checked.

In front of the test run's own servers stands a forwarder that speaks TLS as they would: Redis from the first byte,
Postgres after its question for it.
"""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import celery
import kombu
import psycopg2
import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db.utils import ConnectionHandler
from django.test import override_settings

from project.health import _ask_redis as asked
from project.settings.environment import celery_broker, servers_at
from tests.servers import addresses

ASKS_FOR_TLS = bytes.fromhex("0000000804d2162f")


@dataclass(frozen=True)
class Authority:
    """An authority with the certificate of a server called `localhost`."""

    certificate: Path
    chain: Path


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def ports(authority) -> Iterator[tuple[int, int]]:
    """Return the ports of Postgres and Redis behind TLS."""
    with ExitStack() as stack:
        postgres = addresses().sockets / ".s.PGSQL.5432"
        yield (
            stack.enter_context(forwarder(authority, postgres, asks_first=True)),
            stack.enter_context(forwarder(authority, addresses().redis_socket, asks_first=False)),
        )


def sign_in(url: str) -> str:
    """Connect as the shop does and return the version of TLS spoken."""
    wrapper = ConnectionHandler(servers_at(url, "")["DATABASES"])["default"]
    connection = psycopg2.connect(**wrapper.get_connection_params())
    try:
        return connection.info.ssl_attribute("protocol")
    finally:
        connection.close()


def test_postgres_is_spoken_to_by_tls_and_its_name_is_checked(ports, authority):
    url = f"postgres://amphi@localhost:{ports[0]}/postgres?sslmode=verify-full&sslrootcert={authority.certificate}"

    assert sign_in(url) == "TLSv1.3"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_postgres_with_another_certificate_or_name_is_not_spoken_to(ports, authority, stranger, host):
    trusted = stranger if host == "localhost" else authority
    url = f"postgres://amphi@{host}:{ports[0]}/postgres?sslmode=verify-full&sslrootcert={trusted.certificate}"

    with pytest.raises(psycopg2.OperationalError, match="certificate"):
        sign_in(url)


def test_redis_is_spoken_to_by_tls_by_pages_workers_and_probes(ports, authority):
    url = f"rediss://localhost:{ports[1]}/0?ssl_ca_certs={authority.certificate}"

    assert redis.Redis.from_url(url).ping()
    with kombu.Connection(celery_broker(url)) as connection:
        connection.ensure_connection(max_retries=0)
    app = celery.Celery(broker=celery_broker(url))
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=0)
    with override_settings(REDIS_URL=url):
        assert asked() == "ok"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_redis_with_another_certificate_or_name_is_not_spoken_to(ports, authority, stranger, host):
    trusted = stranger if host == "localhost" else authority
    url = f"rediss://{host}:{ports[1]}/0?ssl_ca_certs={trusted.certificate}"

    with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        redis.Redis.from_url(url).ping()
    with kombu.Connection(celery_broker(url)) as connection, pytest.raises(kombu.exceptions.OperationalError):
        connection.ensure_connection(max_retries=0)
    with override_settings(REDIS_URL=url):
        assert asked() == "does not answer"


@contextmanager
def forwarder(authority: Authority, target: Path, *, asks_first: bool) -> Iterator[int]:
    """Forward connections to a socket of the test run's servers, behind TLS. Yields the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.chain)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _address = listener.accept()
                threading.Thread(target=forward, args=(client,), daemon=True).start()

    def forward(client: socket.socket) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as server:
            if asks_first:
                assert client.recv(len(ASKS_FOR_TLS)) == ASKS_FOR_TLS
                client.sendall(b"S")
            with context.wrap_socket(client, server_side=True) as secured:
                server.connect(str(target))
                threading.Thread(target=copy, args=(server, secured), daemon=True).start()
                copy(secured, server)

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield listener.getsockname()[1]


def copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)


def make_authority(folder: Path) -> Authority:
    now = dt.datetime.now(dt.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in (folder.name, "localhost")]
    certificates = []
    for key, name in zip(keys, names, strict=True):
        builder = (
            x509.CertificateBuilder(names[0], name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=not certificates, path_length=None), critical=True)
        )
        if certificates:
            subject = x509.SubjectAlternativeName([x509.DNSName("localhost")])
            builder = builder.add_extension(subject, critical=False)
        certificates.append(builder.sign(keys[0], hashes.SHA256()))
    pem = [each.public_bytes(serialization.Encoding.PEM) for each in certificates]
    own_key = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.pem").write_bytes(pem[0])
    (folder / "server.pem").write_bytes(own_key + pem[1])
    return Authority(folder / "ca.pem", folder / "server.pem")
