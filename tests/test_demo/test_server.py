"""Serving to this machine only. The page itself is tested in a browser: test_page.py."""

import socket
import sys

import pytest

from drfuse.demo import server
from drfuse.demo.server import HOST, POLICY, bind, is_foreign, load_gradio, serve
from drfuse.utils.config import UserError


def test_loopback_only():
    with bind(0) as found:
        assert found.getsockname()[0] == HOST == '127.0.0.1'


def test_port_that_is_taken():
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f'port {port} is taken or not allowed: name another one with --port'):
            bind(port)


def test_next_free_port(monkeypatch):
    with bind(0) as first:
        first.listen()
        monkeypatch.setattr(server, 'FIRST_PORT', first.getsockname()[1])
        with bind(None) as second:
            assert second.getsockname()[1] > first.getsockname()[1]
        monkeypatch.setattr(server, 'PORTS', 1)
        with pytest.raises(UserError, match='no free port from'):
            bind(None)


def test_missing_gradio(monkeypatch):
    monkeypatch.setitem(sys.modules, 'gradio', None)
    with pytest.raises(UserError, match=r"drfuse demo needs Gradio .*: pip install 'drfuse\[demo\]'"):
        load_gradio()
    with pytest.raises(UserError, match='needs Gradio'):
        serve(lambda: None, 0, print, False)


@pytest.mark.parametrize(('origin', 'foreign'), [
    (None, False), ('http://127.0.0.1:7860', False), ('http://127.0.0.1:7861', True), ('https://evil.example', True),
    ('null', True)])
def test_pages_of_other_places(origin, foreign):
    assert is_foreign(origin, '127.0.0.1:7860') is foreign


def test_policy_names_no_other_place():
    assert "default-src 'self'" in POLICY and 'http' not in POLICY and '*' not in POLICY
