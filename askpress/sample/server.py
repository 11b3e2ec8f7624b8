"""Serves a SampleSite over HTTP the way WordPress would, with faults on demand."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from askpress.sample import pages, rest
from askpress.sample.addresses import Addresses
from askpress.sample.exchange import Reply, Request
from askpress.sample.faults import Faults
from askpress.sample.site import SampleSite


@dataclass
class Server:
    """A site that is being served; also a context manager that closes it."""

    site: SampleSite
    # Scheme, host and port, without the installation's folder.
    origin: str
    # "" or "/blog".
    folder: str
    faults: Faults = field(default_factory=Faults)
    # Every request since the start, in the order of arrival.
    requests: list[Request] = field(default_factory=list)
    permalinks: str = "pretty"
    rest_prefix: str = "wp-json"
    # What the site believes its own address is; "" is the address it is served at.
    home: str = ""
    _httpd: _Httpd | None = None

    @property
    def url(self) -> str:
        """The address of the installation, without a slash at the end."""
        return self.origin + self.folder

    @property
    def addresses(self) -> Addresses:
        """Where the site's pages and routes live."""
        return Addresses(self.site, self.home or self.url, self.permalinks, self.rest_prefix)

    def asked(self, text: str) -> list[Request]:
        """Return the requests with `text` in their path and query, percent-decoded."""
        return [request for request in list(self.requests) if text in unquote(request.target)]

    def answer(self, request: Request) -> Reply:
        """Return the reply to a request, faults applied."""
        self.requests.append(request)
        return self.faults.applied(request, self._good_answer(request))

    def close(self) -> None:
        """Stop answering and cut every open connection."""
        if self._httpd:
            self._httpd.stop()
            self._httpd = None

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _good_answer(self, request: Request) -> Reply:
        if not request.path:
            return pages.stranger(200 if urlsplit(request.target).path == "/" else 404)
        if request.route:
            return rest.answer(request, self.site, self.addresses)
        if self.permalinks == "plain" and request.path not in ("/", "/index.php"):
            return pages.stranger(404)
        return pages.answer(request, self.site, self.addresses)


def serve(
    site: SampleSite,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    folder: str = "",
    permalinks: str = "pretty",
    rest_prefix: str = "wp-json",
    poll_seconds: float = 0.5,
) -> Server:
    """Serve `site` from a thread of its own; port 0 takes a free one, `close` takes up to `poll_seconds`."""
    httpd = _Httpd((host, port), _Handler)
    origin = f"http://{host}:{httpd.server_address[1]}"
    server = Server(site, origin, folder, permalinks=permalinks, rest_prefix=rest_prefix, _httpd=httpd)
    httpd.served = server
    threading.Thread(target=httpd.serve_forever, args=(poll_seconds,), daemon=True).start()
    return server


class _Httpd(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    served: Server

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One write for headers and body: two small ones wait 40 ms for each other.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Httpd

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def version_string(self) -> str:
        return "Apache"

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.server.served.site.clock(), usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:
        """The server keeps its own log, for tests to count."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.server.served.answer(self._request())
        if reply.delay:
            time.sleep(reply.delay)
        if reply.status == 0:
            self.close_connection = True
            return
        self._send_head(reply)
        if self.command != "HEAD":
            self._send_body(reply)

    def _request(self) -> Request:
        served = self.server.served
        parts = urlsplit(self.path)
        path = parts.path if parts.path.startswith(served.folder + "/") or not served.folder else ""
        path = path.removeprefix(served.folder) if path else ("/" if parts.path == served.folder != "" else "")
        query = _query(parts.query)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, self.path, path, _route(path, query, served), query, headers)

    def _send_head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.endless:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()

    def _send_body(self, reply: Reply) -> None:
        if reply.endless:
            self.close_connection = True
            while True:  # until the client hangs up
                self.wfile.write(b" " * 65536)
        if reply.cut_after >= 0:
            self.close_connection = True
            self.wfile.write(reply.body[: reply.cut_after])
        else:
            self.wfile.write(reply.body)


def _route(path: str, query: dict[str, str | list[str]], served: Server) -> str:
    if isinstance(asked := query.get("rest_route"), str) and path in ("/", "/index.php"):
        return asked if asked.startswith("/") else f"/{asked}"
    pretty = re.fullmatch(rf"(?:/index\.php)?/{re.escape(served.rest_prefix)}(/.*)?", path)
    if pretty and served.permalinks != "plain":
        return unquote(pretty[1] or "/")
    return ""


def _query(text: str) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        base, bracket, _ = name.partition("[")
        if bracket:
            gathered = found.get(base)
            found[base] = [*(gathered if isinstance(gathered, list) else []), value]
        else:
            found[name] = value
    return found
