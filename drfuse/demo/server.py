"""Serving the page on this machine, to this machine only."""

from __future__ import annotations

import importlib
import os
import socket
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

from drfuse.utils.config import UserError

HOST = '127.0.0.1'
FIRST_PORT, PORTS = 7860, 40
INSTALL = "pip install 'drfuse[demo]'"
LARGEST_UPLOAD = '512mb'

QUIET = dict(GRADIO_ANALYTICS_ENABLED='False', GRADIO_SHARE='False', HF_HUB_OFFLINE='1', HF_HUB_DISABLE_TELEMETRY='1',
             DO_NOT_TRACK='1')
"""Environment in which Gradio and what it uses send nothing."""

POLICY = ("default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
          "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
          "frame-ancestors 'none'; form-action 'self'; base-uri 'self'")
"""Content security policy: the browser loads nothing from anywhere else, whatever the page asks for."""


def load_gradio() -> Any:
    """Import Gradio.

    Raises:
        UserError: If it is not installed; the message has the command that installs it.
    """
    os.environ.update(QUIET)
    try:
        return importlib.import_module('gradio')
    except ImportError as error:
        raise UserError(f'drfuse demo needs Gradio ({error}): {INSTALL}') from None


def bind(port: int | None) -> socket.socket:
    """Return a socket of the loopback interface.

    Args:
        port: Which; 0 = any free one; None = the first free one from :data:`FIRST_PORT`.

    Raises:
        UserError: If the port is taken or none is free.
    """
    for candidate in range(FIRST_PORT, FIRST_PORT + PORTS) if port is None else [port]:
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, candidate))
        except (OSError, OverflowError):
            server.close()
            continue
        return server
    if port is None:
        raise UserError(f'no free port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1}: name one with --port')
    raise UserError(f'port {port} is taken or not allowed: name another one with --port, or leave it out')


def is_foreign(origin: str | None, host: str) -> bool:
    """Return whether a request comes from a page of another place; ``origin`` and ``host`` are its headers."""
    return origin is not None and urlsplit(origin).netloc != host


def make_app(build: Callable[[], Any], uploads: str | Path) -> Any:
    """Return the application: the page, answers to this machine's names only, and the policy.

    Args:
        build: Returns the Gradio page.
        uploads: Folder for uploads and results.
    """
    os.environ['GRADIO_TEMP_DIR'] = str(uploads)
    gradio = load_gradio()
    fastapi = importlib.import_module('fastapi')
    hosts = importlib.import_module('starlette.middleware.trustedhost')
    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(hosts.TrustedHostMiddleware, allowed_hosts=[HOST, 'localhost'])

    @app.middleware('http')
    async def guard(request: Any, call_next: Callable) -> Any:
        if is_foreign(request.headers.get('origin'), request.headers.get('host', '')):
            return fastapi.Response('this page is for this machine only', 403)
        response = await call_next(request)
        response.headers['Content-Security-Policy'] = POLICY
        response.headers['Referrer-Policy'] = 'no-referrer'
        return response

    page = importlib.import_module('drfuse.demo.page')
    theme = gradio.themes.Default(primary_hue='blue', font=['system-ui', 'sans-serif'],
                                  font_mono=['ui-monospace', 'monospace'])
    return gradio.mount_gradio_app(app, build(), path='/', server_name=HOST, theme=theme, css=page.CSS,
                                   footer_links=[], show_error=True, max_file_size=LARGEST_UPLOAD, ssr_mode=False,
                                   run_history=False, enable_monitoring=False, pwa=False, mcp_server=False)


def serve(build: Callable[[], Any], port: int | None, tell: Callable[[str], None], open_browser: bool) -> None:
    """Serve the page until it is interrupted; uploads and results are removed then.

    Args:
        build: Returns the Gradio page.
        port: As of :func:`bind`.
        tell: Gets the address once the page answers.
        open_browser: Open it.

    Raises:
        UserError: If Gradio is missing or the port is taken.
    """
    load_gradio()
    uvicorn = importlib.import_module('uvicorn')
    # a request that is still at work when Ctrl-C comes may write into the folder while it is removed
    with bind(port) as server, \
            tempfile.TemporaryDirectory(prefix='drfuse-demo-', ignore_cleanup_errors=True) as uploads:
        tempfile.tempdir = uploads
        app = make_app(build, uploads)
        address = f'http://{HOST}:{server.getsockname()[1]}'
        tell(address)
        if open_browser:
            Timer(1, webbrowser.open, (address,)).start()
        uvicorn.Server(uvicorn.Config(app, log_level='warning')).run(sockets=[server])
