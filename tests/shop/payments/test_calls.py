"""Calls to services outside: never to this machine or its network, never on to another address."""

from __future__ import annotations

import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shop.papers.platforms.afnor.keys import PlatformKeys
from shop.payments.calls import answer_to
from shop.payments.configured.declared import AddressField
from shop.payments.port import CallRefused, Unreachable

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@contextmanager
def listening(answer: bytes = ANSWER) -> Iterator[tuple[int, list[bytes]]]:
    """Answer whoever connects to this machine at a port; give the port, and what was said to it."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _address = server.accept()
                except OSError:
                    return
                with caller:
                    caller.settimeout(5)
                    said = b""
                    while not said.endswith(b"asked") and (piece := caller.recv(65_536)):
                        said += piece
                    heard.append(said)
                    caller.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def call(address: str) -> bytes:
    return answer_to(urllib.request.Request(address, b"asked", {}), seconds=5, most_bytes=100)


@pytest.mark.parametrize("begins", ["http://127.0.0.1", "http://localhost", "https://127.0.0.1", "https://localhost"])
def test_nothing_is_said_to_this_machine(settings, begins):
    settings.CALLS_MAY_STAY_INSIDE = False
    with listening() as (port, heard), pytest.raises(CallRefused, match="address_inside"):
        call(f"{begins}:{port}/")
    assert b"".join(heard) == b""


def test_a_stand_in_of_development_is_called_there():
    with listening() as (port, heard):
        assert call(f"http://127.0.0.1:{port}/") == b"{}"
    assert b"asked" in b"".join(heard)


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "169.254.169.254", "192.168.0.1", "100.64.0.1", "::1", "::ffff:10.0.0.1"]
)
def test_a_name_that_leads_into_the_network_is_refused_once_it_is_reached(settings, monkeypatch, address):
    settings.CALLS_MAY_STAY_INSIDE = False
    monkeypatch.setattr(socket.socket, "getpeername", lambda _self: (address, 443))
    with listening() as (port, heard), pytest.raises(CallRefused, match="address_inside"):
        call(f"http://127.0.0.1:{port}/")
    assert b"".join(heard) == b""


def test_the_world_is_called(settings, monkeypatch):
    settings.CALLS_MAY_STAY_INSIDE = False
    monkeypatch.setattr(socket.socket, "getpeername", lambda _self: ("93.184.216.34", 443))
    with listening() as (port, _heard):
        assert call(f"http://127.0.0.1:{port}/") == b"{}"


def test_a_proxy_of_the_environment_may_stand_inside(settings, monkeypatch):
    settings.CALLS_MAY_STAY_INSIDE = False
    with listening() as (port, heard):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        assert call("http://pa.example/") == b"{}"
    assert b"POST http://pa.example/" in b"".join(heard)


def test_keys_are_not_carried_to_another_address():
    with listening() as (other, heard):
        away = f"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:{other}/\r\nContent-Length: 0\r\n\r\n".encode()
        with listening(away) as (port, _first), pytest.raises(CallRefused, match="http_307"):
            call(f"http://127.0.0.1:{port}/")
    assert heard == []


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 500 Away\r\nContent-Length: 0\r\n\r\n"])
def test_what_is_no_answer_is_silence(answer):
    with listening(answer) as (port, _heard), pytest.raises(Unreachable):
        call(f"http://127.0.0.1:{port}/")


def test_a_long_answer_is_cut_off():
    long = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"a" * 10_000
    with listening(long) as (port, _heard):
        assert len(call(f"http://127.0.0.1:{port}/")) == 100


@pytest.mark.parametrize(("stays_inside", "errors"), [(True, 0), (False, 1)])
def test_an_address_of_this_machine_can_be_typed_for_stand_ins_alone(settings, stays_inside, errors):
    settings.CALLS_MAY_STAY_INSIDE = stays_inside
    form = PlatformKeys({"flow_url": "http://127.0.0.1:8080/flow", "token_url": "https://pa.example/token"})
    assert isinstance(form.fields["flow_url"], AddressField)
    assert len(form.errors.get("flow_url", [])) == errors
    assert "token_url" not in form.errors
