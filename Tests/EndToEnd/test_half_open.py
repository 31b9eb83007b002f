"""Peers that vanish without a word: the link goes down while connections are idle, half sent or half answered.

The callers live in a network namespace of their own, behind a pair of virtual links; needs root.
"""

import os
import subprocess
import sys
import time
import unittest

from case import SidecarCase, component
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

    def test_callers_that_vanish_are_let_go(self):
        one = self.sidecar(app=self.app(), resources={"p.yaml": component("pubsub.in-memory")},
                           flags=["--dapr-listen-addresses", "10.231.77.1,127.0.0.1"])
        one.run()
        before = descriptors(one.process.pid)
        callers = subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, sys.executable, "-c", CALLERS, str(one.http_port)],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(callers.stdout.close)
        self.addCleanup(callers.wait)
        self.addCleanup(callers.kill)
        self.assertEqual(callers.stdout.readline().strip(), "connected 60")
        time.sleep(0.5)
        run("ip", "link", "set", self.link, "down")
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
