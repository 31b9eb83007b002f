"""Other ways between caller, sidecar and application: TLS to the application, Unix-domain sockets for the API."""

import os
import socket
import stat
import threading
import unittest

import wire
from app import App
from case import Embedded, SidecarCase, component
from certificates import server_context
from ledger import CONFIRMED, Ledger, event


def ask(path, method, target, body=b"", content_type="application/json"):
    """One request over a Unix-domain socket; the Response."""
    sock = wire.connect(path=path, timeout=5)
    try:
        sock.sendall(wire.encode(method, target, {"content-type": content_type}, body))
        return wire.Reader(sock).response(method)
    finally:
        sock.close()


class ApplicationWithTLS(SidecarCase):
    def test_events_reach_an_application_over_https(self):
        broker, ledger = self.broker(Embedded), Ledger()
        app = self.app(tls=server_context(self.directory))
        one = self.sidecar(broker, app=app, flags=["--enable-app-health-check", "--app-health-probe-interval", "1"])
        one.run()
        ids = [f"tls-{number}" for number in range(100)]
        for event_id in ids:
            ledger.attempt(event_id)
            answer = one.publish("orders", event(event_id), content_type="application/cloudevents+json")
            ledger.settle(event_id, CONFIRMED)
            self.assertEqual(answer.status, 204)
        account = self.settle(ledger, app)
        self.report(account, broker.name, "over TLS, with a certificate that nobody signed")
        self.nothing_lost(account)
        shown = one.get("/v1.0/metadata").body.decode()
        self.assertIn('"protocol":"https"', shown)

    def test_an_application_that_speaks_no_tls_is_told(self):
        plain = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(plain.close)

        def answer():
            while True:
                try:
                    sock, _ = plain.accept()
                except OSError:
                    return
                with sock:
                    if sock.recv(4096):
                        sock.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        threading.Thread(target=answer, daemon=True).start()
        one = self.sidecar(self.broker(Embedded), flags=[
            "--app-port", str(plain.getsockname()[1]), "--app-protocol", "https"])
        one.start()
        line = one.wait_line(lambda line: "getting the subscriptions of the app" in line.text, 10)
        self.assertIsNotNone(line, one.tail())
        self.assertIn("TLS", line.text)
        one.wait_ready()


class APIOnASocket(SidecarCase):
    def on_socket(self, directory, **options):
        """A sidecar whose API listens in a directory; it and the path of its socket."""
        one = self.sidecar(resources={"p.yaml": component("pubsub.in-memory")}, app_id="sock",
                           flags=["--unix-domain-socket", directory], **options)
        one.start()
        return one, os.path.join(directory, "dapr-sock-http.socket")

    def listening(self, one):
        self.assertIsNotNone(one.wait_line(lambda line: "HTTP API is listening on unix://" in line.text), one.tail())

    def test_the_api_answers_on_a_socket_that_is_its_owners(self):
        one, path = self.on_socket(self.directory)
        self.listening(one)
        self.assertIsNotNone(one.wait_line(lambda line: "dapr initialized" in line.text), one.tail())
        self.assertEqual(ask(path, "GET", "/v1.0/healthz").status, 204)
        self.assertEqual(ask(path, "POST", "/v1.0/publish/pubsub/t", b"1").status, 204)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & 0o022, 0, "others may write to the socket")
        self.assertIsNone(one.health(), "the port is open beside the socket")
        self.assertEqual(one.stop(), 0, one.tail())
        self.assertFalse(os.path.exists(path), "the socket outlived the sidecar")

    def test_a_socket_that_a_kill_left_behind_is_taken_over(self):
        one, path = self.on_socket(self.directory)
        self.listening(one)
        one.kill()
        self.assertTrue(os.path.exists(path), "the kill left no socket: the case is invalid")
        two, path = self.on_socket(self.directory)
        self.listening(two)
        self.assertEqual(ask(path, "GET", "/v1.0/healthz/outbound").status, 204)

    def test_a_socket_that_is_served_is_not_taken(self):
        one, path = self.on_socket(self.directory)
        self.listening(one)
        two, _ = self.on_socket(self.directory)
        self.assertEqual(two.wait(10), 1, two.tail())
        self.assertIn("cannot listen on unix://", two.tail())
        self.assertEqual(ask(path, "GET", "/v1.0/healthz/outbound").status, 204)

    def test_a_path_that_is_too_long_is_refused(self):
        directory = os.path.join(self.directory, "d" * 100)
        os.makedirs(directory)
        one, _ = self.on_socket(directory)
        self.assertEqual(one.wait(10), 1, one.tail())
        self.assertIn("107 bytes", one.tail())
        self.assertEqual(os.listdir(directory), [])


if __name__ == "__main__":
    unittest.main()
