"""An HTTP server that stands in front of the real registry: it passes requests on to it, over TLS and
after a check of credentials if it is told to, and instead of an answer it gives the fault that the
test has set.
"""
import base64
import contextlib
import http.server
import socket
import ssl
import threading
import urllib.error
import urllib.request

from parts import free_ports

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Front:
    """Its address is known before it starts. `fault`: None, or a function of (handler, path) that
    answers the request and returns True, or leaves it to the registry."""

    def __init__(self, registry, tls=None, credentials=None):
        self._registry = registry
        self._tls = tls  # (certificate, key)
        self._credentials = credentials  # (user, password)
        self._server = None
        self.port, = free_ports(1)
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.address}/apis/ccompat/v7"
        self.fault = None
        self.asked = []  # paths, in order
        self.over = threading.Event()  # ends what is slow
        self.connections = set()

    def start(self):
        front = self

        class Handler(_Handler):
            owner = front

        self.over.clear()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._tls)
            # The handshake is the handler's: a client that refuses us must not end the server.
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.over.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def request(self, path, body=None):
        """As the registry's own."""
        return self._registry.request(path, body)

    def register(self, subject, schema):
        return self._registry.register(subject, schema)

    def lets_in(self, authorization):
        if not self._credentials:
            return True
        wanted = base64.b64encode(":".join(self._credentials).encode()).decode()
        return authorization == f"Basic {wanted}"

    def passed_on(self, path, body):
        """The registry's own answer: (status, bytes)."""
        url = f"http://{self._registry.address}{path}"
        try:
            with _http.open(urllib.request.Request(url, body, {"Content-Type": MEDIA_TYPE}),
                            timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


class _Handler(http.server.BaseHTTPRequestHandler):
    owner = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        pass

    def handle(self):
        self.owner.connections.add(self.connection)
        try:
            super().handle()
        except (OSError, ssl.SSLError):
            self.close_connection = True  # the other side went away
        finally:
            self.owner.connections.discard(self.connection)

    def answer(self, status, body, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", MEDIA_TYPE)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        self.owner.asked.append(self.path)
        if not self.owner.lets_in(self.headers.get("Authorization")):
            self.answer(401, b'{"error_code": 401, "message": "who are you?"}')
            return
        fault = self.owner.fault
        if not (fault and fault(self, self.path)):
            self.answer(*self.owner.passed_on(self.path, body))

    do_GET = do_POST = _serve


# ---- faults --------------------------------------------------------------------------------------


def status(code, body=b"", headers=()):
    """An answer with a status and any body."""
    def fault(handler, _path):
        handler.answer(code, body, headers)
        return True
    return fault


def slow(handler, _path):
    """No answer until the test is over."""
    handler.close_connection = True
    handler.owner.over.wait(60)
    return True


def huge(handler, _path):
    """An answer without an end."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    chunk = b"10000\r\n" + b'{"schema": "' * 5461 + b"    \r\n"
    while not handler.owner.over.is_set():
        handler.wfile.write(chunk)
    return True


def cut(handler, _path):
    """An answer that ends too soon."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"schema": "')
    return True


def hung_up(handler, _path):
    """No answer, and the connection is closed."""
    handler.close_connection = True
    return True
