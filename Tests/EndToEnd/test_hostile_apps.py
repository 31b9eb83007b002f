"""Applications that answer nonsense, too much, too early or for ever: the call fails, memory stays bounded, the others go on."""

import json
import socket
import tempfile
import threading
import time
import unittest

import wire
from case import Embedded, Redis, SidecarCase
from ledger import event
from process import descriptors, resident_mb

TOPICS = [{"pubsubname": "pubsub", "topic": topic, "route": f"/{topic}"} for topic in ("good", "bad")]
LIMIT_MB = 96
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class RawApp:
    """Answers `/bad` with what `misbehave(sock)` sends, everything else as it should be. A thread per connection."""

    def __init__(self, misbehave, at_once=False):
        self.misbehave = misbehave
        self.at_once = at_once
        self.good = []
        self.bad = 0
        self.sent = 0
        self.unix_path = None
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.is_misbehaving = False
        self.open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.open.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        reader = wire.Reader(sock)
        try:
            if self.at_once and self.is_misbehaving and self.bad < 3:
                self.bad += 1
                self.misbehave(self, sock)
            while True:
                method, path, _ = (lines := reader.head())[0].decode().split(" ", 2)
                body = reader.body(wire.fields(lines[1:]), lambda: b"")
                if path == "/bad":
                    self.bad += 1
                    self.misbehave(self, sock)
                elif path == "/dapr/subscribe":
                    answer = json.dumps(TOPICS).encode()
                    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
                else:
                    if method == "POST":
                        self.good.append(json.loads(body).get("id"))
                    sock.sendall(OK)
        except (OSError, wire.WireError):
            pass
        finally:
            self.open.discard(sock)
            sock.close()

    def send_much(self, sock, piece, count):
        """Sends a piece many times, as long as the other side takes it."""
        for _ in range(count):
            sock.sendall(piece)
            self.sent += len(piece)

    def close(self):
        """Ends everything."""
        self.listener.close()
        for sock in list(self.open):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def endless_trickle(app, sock):
    """An answer whose end never comes."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(600):
        sock.sendall(b"1\r\nx\r\n")
        app.sent += 6
        time.sleep(0.05)


CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"
MISBEHAVIOURS = {
    "garbage": lambda app, sock: sock.sendall(b"\x16\x03\x01\x00garbage\r\n\r\n" * 10),
    "a status that is none": lambda app, sock: sock.sendall(b"HTTP/1.1 2xx OK\r\n\r\n"),
    "two lengths": lambda app, sock: sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"),
    "length and chunks": lambda app, sock: sock.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "interim answers for ever": lambda app, sock: app.send_much(sock, b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 1000),
    "a head of megabytes": lambda app, sock: app.send_much(sock, b"X-More: " + b"x" * 65528, 256),
    "fields without end": lambda app, sock: app.send_much(sock, b"X-More: 1\r\n" * 1000, 1000),
    "a length of a gigabyte": lambda app, sock: (
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"),
        app.send_much(sock, b"x" * 65536, 16384)),
    "chunks of a gigabyte": lambda app, sock: (
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), app.send_much(sock, CHUNK, 16384)),
    "no length and no end": lambda app, sock: (
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n"), app.send_much(sock, b"x" * 65536, 16384)),
    "half an answer": lambda app, sock: (
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), sock.shutdown(socket.SHUT_RDWR)),
}
STARTS_WITH_A_HEAD = {"a head of megabytes": b"HTTP/1.1 200 OK\r\n", "fields without end": b"HTTP/1.1 200 OK\r\n"}


class HostileApps(SidecarCase):
    def run_with(self, misbehave, at_once=False, make=Embedded, **metadata):
        """A sidecar with such an application and a broker of its own."""
        app = RawApp(misbehave, at_once)
        self.addCleanup(app.close)
        broker = make(tempfile.mkdtemp(dir=self.directory))
        self.addCleanup(broker.close)
        one = self.sidecar(resources={"pubsub.yaml": broker.component(**metadata)}, app=app)
        one.run()
        return app, one

    def good_events(self, app, one, count, prefix):
        """Publishes events to the topic that is well, and waits until all were acknowledged."""
        for number in range(count):
            one.publish("good", event(f"{prefix}-{number}"), content_type="application/cloudevents+json")
        wanted = {f"{prefix}-{number}" for number in range(count)}
        deadline = time.monotonic() + 10
        while not wanted <= set(app.good) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(wanted - set(app.good), set(), one.tail())

    def test_nonsense_is_a_failed_call(self):
        for name, misbehave in MISBEHAVIOURS.items():
            with self.subTest(name):
                head = STARTS_WITH_A_HEAD.get(name, b"")

                def answer(app, sock, head=head, misbehave=misbehave):
                    sock.sendall(head)
                    misbehave(app, sock)
                app, one = self.run_with(answer)
                for number in range(3):
                    one.publish("bad", event(f"bad-{number}"), content_type="application/cloudevents+json")
                self.good_events(app, one, 50, "good")
                failed = one.wait_line(lambda line: line.level == "error" and "topic bad" in line.text, 5)
                # Tried again: the broker is durable, and this was no answer.
                deadline = time.monotonic() + 5
                while app.bad < 4 and time.monotonic() < deadline:
                    time.sleep(0.02)
                peak = resident_mb(one.process.pid)
                print(f"{self._testMethodName} {name}: {app.bad} calls, {app.sent / 1e6:.1f} MB sent, "
                      f"peak memory {peak:.0f} MB, 50 other events acknowledged")
                self.assertIsNotNone(failed, one.tail())
                self.assertGreater(app.bad, 3, "it was not tried again")
                self.assertLess(peak, LIMIT_MB)
                self.assertIsNone(one.process.poll(), one.tail())
                one.close()
                app.close()

    def test_an_answer_without_end_is_given_up_after_its_time(self):
        app, one = self.run_with(endless_trickle, make=Redis, processingTimeout="2s")
        one.publish("bad", event("bad"), content_type="application/cloudevents+json")
        self.good_events(app, one, 50, "good")
        begin = time.monotonic()
        failed = one.wait_line(lambda line: line.level == "error" and "topic bad" in line.text, 10)
        took = time.monotonic() - begin
        print(f"{self._testMethodName} given up after {took:.1f} s, {app.sent} bytes had come")
        self.assertIsNotNone(failed, one.tail())
        self.assertGreater(app.sent, 0)
        self.assertLess(took, 5)

    def test_an_answer_that_comes_before_its_request_is_for_nobody(self):
        app, one = self.run_with(lambda app, sock: sock.sendall(OK * 3), at_once=True)
        self.good_events(app, one, 5, "before")
        app.is_misbehaving = True
        for sock in list(app.open):
            sock.shutdown(socket.SHUT_RDWR)
        self.good_events(app, one, 50, "good")
        self.assertGreater(app.bad, 0, "no early answer was sent: the case is invalid")
        # Each event reached the application: none was taken for acknowledged by an answer that was there before it.
        self.assertEqual({f"good-{number}" for number in range(50)} - set(app.good), set())
        print(f"{self._testMethodName} {app.bad} connections with 3 answers too early, 50 events all reached the "
              f"application, {descriptors(one.process.pid)} descriptors")


if __name__ == "__main__":
    unittest.main()
