"""Peers that vanish without a word: the link goes down while connections are idle, half sent or half answered.

Callers and application live in a network namespace of their own, behind a pair of virtual links; needs root.
"""

import os
import subprocess
import sys
import threading
import time
import unittest

from case import Redis, SidecarCase, component
from ledger import event
from process import descriptors, resident_mb

CALLERS = """
import socket, sys, time
address = ("10.231.77.1", int(sys.argv[1]))
def connect(data=b"", receive_buffer=None):
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.connect(address)
    sock.sendall(data)
    return sock
post = b"POST /v1.0/publish/pubsub/orders HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 1000\\r\\n\\r\\n"
kept = [connect(b"GET /v1.0/healthz HTTP/1.1\\r\\nHost: x\\r\\nX-") for _ in range(20)]
kept += [connect(post) for _ in range(20)]
asked = b"GET /v1.0/metadata HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
for _ in range(20):
    sock = connect(receive_buffer=4096)
    sock.setblocking(False)
    try:
        while True:
            sock.send(asked * 100)
    except BlockingIOError:
        kept.append(sock)
print("connected", len(kept), flush=True)
time.sleep(120)
"""

APPLICATION = """
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        topics = [{"pubsubname": "pubsub", "topic": "orders", "route": "/orders"}]
        self.answer(json.dumps(topics if self.path == "/dapr/subscribe" else {}).encode())
    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["content-length"])))
        sys.stdout.write(event["id"] + "\\n")
        sys.stdout.flush()
        self.answer(b"")
    def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("10.231.77.2", 8080), Handler)
print("listening", flush=True)
server.serve_forever()
"""


class Application:
    """What the sidecar helper needs to know of an application in the namespace."""

    port = 8080
    unix_path = None


def run(*words):
    """A command that must succeed."""
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")


class HalfOpen(SidecarCase):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("a network namespace needs root")
        self.namespace, self.link = f"martlet-{os.getpid()}", f"mt{os.getpid()}"
        try:
            run("ip", "netns", "add", self.namespace)
        except OSError as error:
            self.skipTest(f"no network namespace can be made here: {error}")
        self.addCleanup(subprocess.run, ["ip", "netns", "delete", self.namespace])
        run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "inside", "netns", self.namespace)
        self.addCleanup(subprocess.run, ["ip", "link", "delete", self.link], capture_output=True)
        run("ip", "address", "add", "10.231.77.1/30", "dev", self.link)
        run("ip", "link", "set", self.link, "up")
        for words in (["address", "add", "10.231.77.2/30", "dev", "inside"], ["link", "set", "inside", "up"]):
            run("ip", "-n", self.namespace, *words)

    def switch(self, state):
        """The far end of the link `down` or `up`. On this side the route stays, so that nothing goes astray."""
        run("ip", "-n", self.namespace, "link", "set", "inside", state)

    def inside(self, program, *arguments):
        """A Python program in the namespace, ended with the test; its output is read line by line."""
        process = subprocess.Popen(["ip", "netns", "exec", self.namespace, sys.executable, "-c", program, *arguments],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_an_application_that_vanishes_gets_its_events_when_it_is_back(self):
        application = self.inside(APPLICATION)
        self.assertEqual(application.stdout.readline().strip(), "listening")
        got = []
        threading.Thread(target=self.collect, args=(application, got), daemon=True).start()
        broker = self.broker(Redis)
        one = self.sidecar(resources={"pubsub.yaml": broker.component(processingTimeout="2s")}, app=Application(),
                           app_address="10.231.77.2")
        one.run()

        def publish(prefix, count):
            for number in range(count):
                answer = one.publish("orders", event(f"{prefix}-{number}"), content_type="application/cloudevents+json")
                self.assertEqual(answer.status, 204)
            return {f"{prefix}-{number}" for number in range(count)}
        wanted = publish("before", 20)
        self.assertTrue(self.eventually(lambda: wanted <= set(got), 5))
        self.switch("down")
        before, begin = len(got), time.monotonic()
        wanted |= publish("during", 20)
        failed = one.wait_line(lambda line: line.level == "error" and "during-" in line.text, 10)
        took = time.monotonic() - begin
        self.assertIsNotNone(failed, one.tail())
        self.assertEqual(len(got), before, "they came all the same: the case is invalid")
        self.switch("up")
        back = time.monotonic()
        self.assertTrue(self.eventually(lambda: wanted <= set(got), 30), f"{wanted - set(got)}\n{one.tail()}")
        print(f"{self._testMethodName} given up after {took:.1f} s, all delivered {time.monotonic() - back:.1f} s after "
              f"the link was back, {len(got) - len(set(got))} twice")
        self.assertLess(took, 5)

    @staticmethod
    def collect(process, into):
        """Reads lines until the process ends."""
        for line in process.stdout:
            into.append(line.strip())

    @staticmethod
    def eventually(condition, timeout):
        """Whether something comes true in so many seconds."""
        deadline = time.monotonic() + timeout
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.05)
        return condition()

    def test_callers_that_vanish_are_let_go(self):
        one = self.sidecar(app=self.app(), resources={"p.yaml": component("pubsub.in-memory")},
                           flags=["--dapr-listen-addresses", "10.231.77.1,127.0.0.1"])
        one.run()
        before = descriptors(one.process.pid)
        callers = self.inside(CALLERS, str(one.http_port))
        self.assertEqual(callers.stdout.readline().strip(), "connected 60")
        time.sleep(0.5)
        self.switch("down")
        begin = time.monotonic()
        held = descriptors(one.process.pid) - before
        self.assertGreater(held, 55, "they are not connected: the case is invalid")
        while (left := descriptors(one.process.pid) - before) > 2 and time.monotonic() - begin < 60:
            self.assertEqual(one.publish("orders", {"a": 1}).status, 204)
            time.sleep(0.2)
        took = time.monotonic() - begin
        print(f"{self._testMethodName} {held} connections over a link that went down, {left} left after {took:.0f} s, "
              f"publishes of others went on; peak memory {resident_mb(one.process.pid):.0f} MB")
        self.assertIsNone(callers.poll(), "the callers ended by themselves: the case is invalid")
        self.assertLessEqual(left, 2)
        self.assertGreater(took, 5, "they were closed for another reason: the case is invalid")
        self.assertLess(took, 45)
        self.assertLess(resident_mb(one.process.pid), 64)


if __name__ == "__main__":
    unittest.main()
