"""The application beside the sidecar: records every request it gets and answers as it was told.

Answers are looked up by "METHOD /path", then "/path" (without the query); a list is used in order and its last entry
repeats. An answer is a dictionary: `status` (200), `headers`, `body` (text or bytes), `delay_ms`, `reset` (close
without an answer), `abort` (close with a TCP reset), `hang` (no answer before `release`). Anything else is answered
200 with an empty body.
"""

import base64
import json
import os
import socket
import struct
import threading
import time

from wire import Reader, WireError, fields

OK = {"status": 200}


class Delivery:
    """One request that came: `method`, `path` (with query), `headers` (pairs), `body` (bytes), and when it came.

    `status` is what was answered (0: the connection was closed instead), `acknowledged` whether that was a success.
    """

    def __init__(self, method, path, headers, body, connection):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.connection = connection
        self.received_at = time.monotonic()
        self.answered_at = None
        self.status = None
        self.acknowledged = False

    def header(self, name):
        """The first value of a header, or None."""
        return next((value for key, value in self.headers if key == name), None)

    def json(self):
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def event_id(self):
        """The CloudEvent's id, or None."""
        try:
            return self.json().get("id")
        except (ValueError, AttributeError):
            return None

    def __repr__(self):
        return f"{self.method} {self.path} {dict(self.headers)} {self.body[:400]!r}"


class App:
    """An HTTP/1.1 server with a thread per connection. Its port is taken from the start, also before it listens.

    `tls` is the SSL context of one that speaks HTTPS.
    """

    def __init__(self, subscribe=None, config=None, answers=None, unix_path=None, listening=True, tls=None):
        self.tls = tls
        self.subscribe = subscribe
        self.config = config
        self.unix_path = unix_path
        self.deliveries = []
        self.changed = threading.Condition()
        self.released = threading.Event()
        self.on_delivery = None
        self.connections = set()
        self.accepted = 0
        self.listener = None
        self._answers = {}
        self.port = None
        self._bind()
        self.answer(answers or {})
        if listening:
            self.listen()

    # -- listening ---------------------------------------------------------------------------------------------------

    def _bind(self):
        if self.unix_path:
            if os.path.exists(self.unix_path):
                os.unlink(self.unix_path)
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(self.unix_path)
            return
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port or 0))
        self.port = self.listener.getsockname()[1]

    def listen(self):
        """Starts to accept connections; after `stop_listening` on the same port again."""
        if self.listener is None:
            self._bind()
        self.listener.listen(512)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop_listening(self):
        """Refuses new connections; those that are open go on."""
        if self.listener is not None:
            listener, self.listener = self.listener, None
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()

    def close_connections(self):
        """Ends every open connection with a reset, as the death of the process would."""
        with self.changed:
            open_now = list(self.connections)
        for sock in open_now:
            reset(sock)

    def die(self):
        """What a killed application looks like from outside: nobody listens and every connection is gone."""
        self.stop_listening()
        self.close_connections()

    def close(self):
        """Ends everything."""
        self.released.set()
        self.die()

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.changed:
                if self.listener is not listener:
                    # It came while the listening ended: a dead application accepts nothing.
                    reset(sock)
                    return
                self.accepted += 1
                number = self.accepted
                self.connections.add(sock)
            threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    # -- answering ---------------------------------------------------------------------------------------------------

    def answer(self, answers):
        """Replaces the answers of these paths; a single dictionary stands for a list of one."""
        with self.changed:
            for path, list_or_one in answers.items():
                self._answers[path] = list(list_or_one) if isinstance(list_or_one, list) else [list_or_one]

    def release(self):
        """Ends every `hang`."""
        self.released.set()

    def _next_answer(self, delivery):
        path = delivery.path.split("?")[0]
        for key in (f"{delivery.method} {path}", path):
            queue = self._answers.get(key)
            if queue:
                return queue.pop(0) if len(queue) > 1 else queue[0]
        if delivery.method == "GET" and path in ("/dapr/subscribe", "/dapr/config"):
            value = self.subscribe if path == "/dapr/subscribe" else self.config
            if value is None:
                return {"status": 404}
            return {"status": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(value)}
        return OK

    def _serve(self, sock, number):
        if sock.family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls is not None:
            try:
                sock = self._secured(sock)
            except OSError:
                return
        reader = Reader(sock)
        try:
            while self._exchange(sock, reader, number):
                pass
        except (OSError, WireError, ValueError):
            pass
        finally:
            with self.changed:
                self.connections.discard(sock)
            sock.close()

    def _secured(self, sock):
        """The connection with TLS; one that only looks whether somebody listens ends here."""
        try:
            secured = self.tls.wrap_socket(sock, server_side=True)
        finally:
            with self.changed:
                self.connections.discard(sock)
        with self.changed:
            self.connections.add(secured)
        return secured

    def _exchange(self, sock, reader, number):
        lines = reader.head()
        method, path, _ = lines[0].decode("utf-8", "surrogateescape").split(" ", 2)
        headers = fields(lines[1:])
        if any(name == "expect" and "100-continue" in value.lower() for name, value in headers):
            sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        delivery = Delivery(method, path, headers, reader.body(headers, lambda: b""), number)
        with self.changed:
            answer = self._next_answer(delivery)
            self.deliveries.append(delivery)
            self.changed.notify_all()
        if self.on_delivery is not None:
            answer = self.on_delivery(delivery) or answer
        return self._respond(sock, delivery, answer)

    def _respond(self, sock, delivery, answer):
        if answer.get("hang"):
            self.released.wait()
        if answer.get("delay_ms"):
            time.sleep(answer["delay_ms"] / 1000)
        if answer.get("abort") or answer.get("reset"):
            if answer.get("abort"):
                reset(sock)
            self._answered(delivery, 0, False)
            return False
        body = answer_body(answer, delivery)
        status = answer.get("status", 200)
        head = [f"HTTP/1.1 {status} Status"]
        head += [f"{name}: {value}" for name, value in answer.get("headers", {}).items()]
        if status not in (204, 304):
            head.append(f"content-length: {len(body)}")
        sock.sendall("\r\n".join(head).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body)
        self._answered(delivery, status, 200 <= status < 300 and b'"RETRY"' not in body)
        return answer.get("headers", {}).get("connection") != "close"

    def _answered(self, delivery, status, acknowledged):
        with self.changed:
            delivery.answered_at = time.monotonic()
            delivery.status = status
            delivery.acknowledged = acknowledged
            self.changed.notify_all()

    # -- what came ---------------------------------------------------------------------------------------------------

    def wait_until(self, condition, timeout):
        """Waits until `condition(deliveries)` holds; whether it does. `timeout` in seconds."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while not condition(self.deliveries):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self.changed.wait(left)
            return True

    def to(self, path):
        """The deliveries to one path, in order of arrival."""
        with self.changed:
            return [one for one in self.deliveries if one.path.split("?")[0] == path]


def reset(sock):
    """Closes with a TCP reset instead of a FIN."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()


def answer_body(answer, delivery):
    """The bytes of an answer; `<entry-id:DATA>` becomes the id of the bulk entry whose event data is DATA."""
    if "body_base64" in answer:
        return base64.b64decode(answer["body_base64"])
    body = answer.get("body", b"")
    if isinstance(body, bytes):
        return body
    if "<entry-id:" in body:
        for entry in delivery.json().get("entries", []):
            event = entry.get("event")
            data = event.get("data") if isinstance(event, dict) else base64.b64decode(event or "").decode("latin-1")
            text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
            body = body.replace(f"<entry-id:{text}>", str(entry.get("entryId")))
    return body.encode("utf-8", "surrogateescape")
