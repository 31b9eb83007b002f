"""HTTP/1.1 as bytes on a socket: what is sent is exactly what the caller wrote, what came back is not interpreted.

`http.client` tidies requests and merges headers; tests of an HTTP server must be able to send what is wrong and to see
every header. Used by the end-to-end tests, by the golden replayer and by the benchmark runner.
"""

import socket
import time


class WireError(Exception):
    """No complete answer: `reason` is `closed` (peer ended the connection), `timeout` or `malformed`."""

    def __init__(self, reason, received=b""):
        super().__init__(f"{reason} after {len(received)} bytes: {received[:200]!r}")
        self.reason = reason
        self.received = received


class Response:
    """One answer: `status` (int), `headers` (pairs in order, names in lower case), `body` (bytes, without chunks)."""

    def __init__(self, status, reason, headers, body):
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body

    def header(self, name):
        """The first value of a header, or None."""
        return next((value for key, value in self.headers if key == name), None)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:300]!r}>"


class Reader:
    """Reads HTTP messages (either direction) from a socket that may carry several of them."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def fill(self):
        """Waits for more bytes; raises WireError when there are none."""
        try:
            piece = self.sock.recv(262144)
        except (TimeoutError, socket.timeout):
            raise WireError("timeout", self.buffer) from None
        except OSError:
            raise WireError("closed", self.buffer) from None
        if not piece:
            raise WireError("closed", self.buffer)
        self.buffer += piece

    def head(self):
        """The lines of a message head, without their line ends."""
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return head.split(b"\r\n")

    def exactly(self, count):
        """The next `count` bytes."""
        while len(self.buffer) < count:
            self.fill()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def line(self):
        """The next line, without its line end."""
        while b"\r\n" not in self.buffer:
            self.fill()
        taken, self.buffer = self.buffer.split(b"\r\n", 1)
        return taken

    def until_close(self):
        """Everything up to the end of the connection."""
        while True:
            try:
                self.fill()
            except WireError as error:
                if error.reason != "closed":
                    raise
                taken, self.buffer = self.buffer, b""
                return taken

    def chunks(self):
        """A chunked body, without its trailers."""
        pieces = []
        while True:
            size = int(self.line().split(b";")[0], 16)
            if size == 0:
                break
            pieces.append(self.exactly(size))
            self.exactly(2)
        while self.line():
            pass
        return b"".join(pieces)

    def body(self, headers, default):
        """The body that the headers announce; `default` reads it when they announce none."""
        values = dict(headers)
        if "chunked" in values.get("transfer-encoding", "").lower():
            return self.chunks()
        if "content-length" in values:
            return self.exactly(int(values["content-length"]))
        return default()

    def response(self, method="GET"):
        """The next final response; interim ones (1xx) are skipped."""
        while True:
            lines = self.head()
            parts = lines[0].decode("latin-1").split(" ", 2)
            if len(parts) < 2 or not parts[1].isdigit():
                raise WireError("malformed", lines[0])
            status = int(parts[1])
            if status >= 200:
                break
        headers = fields(lines[1:])
        if method == "HEAD" or status in (204, 304):
            body = b""
        else:
            body = self.body(headers, self.until_close)
        return Response(status, parts[2] if len(parts) > 2 else "", headers, body)


def fields(lines):
    """Header lines as pairs; names in lower case, values as they came, read as UTF-8 where that is possible."""
    pairs = []
    for line in lines:
        name, _, value = line.partition(b":")
        pairs.append((name.decode("latin-1").lower(), value.strip(b" \t").decode("utf-8", "surrogateescape")))
    return pairs


def connect(port=None, path=None, host="127.0.0.1", timeout=10.0):
    """A connected socket: TCP to `port`, or the Unix-domain socket `path`."""
    if path is None:
        return socket.create_connection((host, port), timeout=timeout)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    sock.connect(path)
    return sock


def encode(method, path, headers=(), body=None, host="127.0.0.1"):
    """The bytes of a request; Host and Content-Length are added unless `headers` has them."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    names = {name.lower() for name, _ in pairs}
    lines = [f"{method} {path} HTTP/1.1"]
    if "host" not in names:
        lines.append(f"Host: {host}")
    for name, value in pairs:
        for one in value if isinstance(value, list) else [value]:
            lines.append(f"{name}: {one}")
    if "content-length" not in names and "transfer-encoding" not in names:
        if body is not None or method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(body or b'')}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + (body or b"")


def request(port, method, path, headers=(), body=None, timeout=10.0, host=None):
    """Sends one request on its own connection and returns the Response.

    `timeout` (seconds) bounds the whole exchange. Raises WireError when no complete answer came, OSError when there
    was no connection.
    """
    deadline = time.monotonic() + timeout
    with connect(port, timeout=timeout) as sock:
        try:
            sock.sendall(encode(method, path, headers, body, host or f"127.0.0.1:{port}"))
        except OSError:
            pass  # an early answer may be there although not everything was taken
        sock.settimeout(max(0.01, deadline - time.monotonic()))
        return Reader(sock).response(method)


class Connection:
    """A keep-alive connection: `request` any number of times, one after the other."""

    def __init__(self, port, timeout=10.0):
        self.sock = connect(port, timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.sock)
        self.host = f"127.0.0.1:{port}"

    def request(self, method, path, headers=(), body=None):
        """Sends one request and waits for its answer."""
        self.sock.sendall(encode(method, path, headers, body, self.host))
        return self.reader.response(method)

    def pipeline(self, requests):
        """Sends requests (bytes of `encode`) without waiting; their Responses, in order."""
        self.sock.sendall(b"".join(requests))
        return [self.reader.response("POST") for _ in requests]

    def close(self):
        """Ends the connection."""
        self.sock.close()
