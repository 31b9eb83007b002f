"""Callers that are slow, silent, many or greedy: each is bounded, what it costs is bounded, and the others go on."""

import os
import resource
import select
import socket
import threading
import time
import unittest

import sidecar
import wire
from case import SidecarCase, component
from process import cpu_seconds, descriptors, resident_mb

PUBLISH = b"POST /v1.0/publish/pubsub/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
HEALTH = b"GET /v1.0/healthz HTTP/1.1\r\nHost: x\r\n\r\n"
BODY = 4 << 20


class Others:
    """Callers that mean well: one publish after the other until `stop`; how long each took."""

    def __init__(self, one):
        self.one = one
        self.took = []
        self.failed = []
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ends.is_set():
            begin = time.monotonic()
            try:
                status = self.one.publish("orders", {"n": len(self.took)}, timeout=5).status
                if status != 204:
                    self.failed.append(status)
            except (OSError, wire.WireError) as error:
                self.failed.append(str(error))
            self.took.append(time.monotonic() - begin)
            self.ends.wait(0.01)

    def stop(self):
        """Ends them; the slowest publish, in seconds."""
        self.ends.set()
        self.thread.join(10)
        return max(self.took)


def ended(socks, timeout):
    """Waits until the server has closed these connections; those that are still open when time is up."""
    waiting, deadline = set(socks), time.monotonic() + timeout
    poll = select.poll()
    by_number = {sock.fileno(): sock for sock in socks}
    for sock in socks:
        sock.setblocking(False)
        poll.register(sock, select.POLLIN)
    while waiting and time.monotonic() < deadline:
        for number, _ in poll.poll(200):
            sock = by_number[number]
            try:
                if sock.recv(65536):
                    continue
            except BlockingIOError:
                continue
            except OSError:
                pass
            poll.unregister(number)
            waiting.discard(sock)
    return waiting


class HostileClients(SidecarCase):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.socks = []
        self.addCleanup(lambda: [sock.close() for sock in self.socks])

    def start(self, **options):
        """A sidecar with an application, and the callers that mean well."""
        one = self.sidecar(app=self.app(), resources={"p.yaml": component("pubsub.in-memory")}, **options)
        one.run()
        return one

    def open(self, one, data=b"", receive_buffer=None):
        """One more connection that sends this and then nothing."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(10)
        sock.connect(("127.0.0.1", one.http_port))
        self.socks.append(sock)
        if data:
            sock.sendall(data)
        return sock

    def say(self, one, others, evidence, limit_mb):
        """The line for the published table, and what holds in every case."""
        slowest, peak = others.stop(), resident_mb(one.process.pid)
        print(f"{self._testMethodName} {evidence}; {len(others.took)} publishes of others, slowest "
              f"{slowest * 1000:.0f} ms; peak memory {peak:.0f} MB")
        self.assertEqual(others.failed, [])
        self.assertGreater(len(others.took), 10)
        self.assertLess(slowest, 2)
        self.assertLess(peak, limit_mb)
        self.assertIsNone(one.process.poll())

    def test_heads_and_bodies_and_readers_that_stand_still_are_closed(self):
        one = self.start()
        others = Others(one)
        heads = [self.open(one, b"GET /v1.0/healthz HTTP/1.1\r\nHost: x\r\nX-More: ") for _ in range(300)]
        silent = [self.open(one) for _ in range(300)]
        bodies = [self.open(one, PUBLISH + b"Content-Length: %d\r\n\r\n\"x" % BODY) for _ in range(300)]
        asked = b"GET /v1.0/metadata HTTP/1.1\r\nHost: x\r\n\r\n" * 2000
        readers = []
        for _ in range(20):
            sock = self.open(one, receive_buffer=4096)
            sock.setblocking(False)
            try:
                while True:
                    sock.send(asked)
            except BlockingIOError:
                readers.append(sock)
        begin = time.monotonic()
        self.assertEqual(ended(heads + silent, 20), set(), "a head may take 10 s")
        closed_heads = time.monotonic() - begin
        self.assertGreater(closed_heads, 5, "they were refused at once: the case is invalid")
        left = ended(bodies, 45)
        closed_bodies = time.monotonic() - begin
        self.assertEqual(left, set(), "a body without a byte may take 30 s")
        # The readers' sockets still hold what the kernel had taken; what counts is that the server let go of them.
        deadline = time.monotonic() + 15
        while descriptors(one.process.pid) > 60 and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertLess(descriptors(one.process.pid), 60)
        self.say(one, others, f"600 heads closed after {closed_heads:.0f} s, 300 bodies after {closed_bodies:.0f} s, "
                              f"{len(readers)} readers let go", 96)

    def test_ten_thousand_idle_connections(self):
        one = self.start()
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        wanted = min(9_900, hard - 300)
        before = resident_mb(one.process.pid, "VmRSS")
        for _ in range(wanted):
            self.open(one, HEALTH)
        for sock in self.socks:
            self.assertIn(b"204", sock.recv(200))
        others = Others(one)
        time.sleep(2)
        grown = resident_mb(one.process.pid, "VmRSS") - before
        held = descriptors(one.process.pid)
        self.assertGreater(held, wanted, "they are not open: the case is invalid")
        self.say(one, others, f"{wanted} idle connections, {grown * 1000 / wanted:.1f} kB each", 256)

    def test_a_flood_of_pipelined_requests_is_read_as_fast_as_it_is_answered(self):
        one = self.start()
        others = Others(one)
        sock = self.open(one, receive_buffer=16384)
        data = b"GET /v1.0/metadata HTTP/1.1\r\nHost: x\r\n\r\n" * 200_000
        sent, last = 0, time.monotonic()
        sock.setblocking(False)
        while sent < len(data) and time.monotonic() - last < 1:
            try:
                sent += sock.send(data[sent:sent + 65536])
                last = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
        self.assertLess(sent, len(data), "it never stopped reading: the case is invalid")
        self.say(one, others, f"stopped reading after {sent / 1e6:.1f} of {len(data) / 1e6:.0f} MB of requests", 96)

    def test_many_large_bodies_at_once_are_refused_beyond_the_room_for_all(self):
        one = self.start()
        others = Others(one)
        body = b"x" * (BODY - 65536)
        refused = 0
        for _ in range(128):
            sock = self.open(one, PUBLISH + b"Content-Length: %d\r\n\r\n" % BODY)
            try:
                sock.sendall(body)
            except OSError:
                pass  # refused while it was sent
            readable = select.select([sock], [], [], 0.02)[0]
            refused += bool(readable) and b" 503 " in sock.recv(4096)
        self.assertGreater(refused, 20, "there was room for all of them: the case is invalid")
        self.say(one, others, f"512 MB of bodies begun, {refused} of 128 refused with 503", 400)

    def test_more_connections_than_descriptors(self):
        script = os.path.join(self.directory, "few-descriptors")
        sidecar.write(script, f'#!/bin/sh\nulimit -n 96\nexec "{sidecar.binary()}" "$@"\n')
        os.chmod(script, 0o755)
        one = self.start(program=script)
        before = cpu_seconds(one.process.pid)
        answers = []
        for _ in range(400):
            try:
                self.open(one, HEALTH)
            except OSError:
                self.socks.pop()
        time.sleep(3)
        spent = cpu_seconds(one.process.pid) - before
        held = descriptors(one.process.pid)
        for sock in self.socks:
            sock.settimeout(0.5)
            try:
                answers.append(sock.recv(200)[9:12].decode())
            except OSError:
                answers.append("reset")
        served, busy = answers.count("204"), answers.count("503")
        self.assertGreater(busy, 0, "there were descriptors for all: the case is invalid")
        self.assertGreater(served, 20)
        self.assertLess(spent, 1.5, "it turns round and round")
        for sock in self.socks:
            sock.close()
        self.socks.clear()
        deadline = time.monotonic() + 5
        while one.health() != 204 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(one.publish("orders", {"a": 1}).status, 204, one.tail())
        print(f"{self._testMethodName} 400 connections with 96 descriptors: {served} served, {busy} answered 503, "
              f"{len(answers) - served - busy} closed, {held} descriptors, {spent:.2f} s of processor; all well afterwards")


if __name__ == "__main__":
    unittest.main()
