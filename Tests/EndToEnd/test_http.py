"""The HTTP/1.1 server against requests that are wrong, odd, or cut into pieces.

A malformed request is answered 400 (431 when the head is too long) and the connection is closed; whatever follows it on
the connection is never executed, which is what request smuggling needs.
"""

import json
import socket
import time
import unittest

import sidecar
import wire
from app import App
from case import SidecarCase, component

TOPICS = [{"pubsubname": "pubsub", "topic": topic, "route": f"/{topic}"} for topic in ("orders", "smuggled")]
BODY = b'{"a":1}'
SMUGGLED = (b"POST /v1.0/publish/pubsub/smuggled HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 7\r\n\r\n" + BODY)


def post(*lines, body=BODY, line_end=b"\r\n", start=b"POST /v1.0/publish/pubsub/orders HTTP/1.1"):
    """A publish with these header lines."""
    head = [start, b"Host: x", b"Content-Type: application/json"] + [line.encode("latin-1") for line in lines]
    return line_end.join(head) + line_end * 2 + body


def get(path=b"/v1.0/healthz", lines=(b"Host: x",), version=b"HTTP/1.1"):
    """A GET."""
    return b"\r\n".join([b"GET " + path + b" " + version, *lines]) + b"\r\n\r\n"


CHUNKED = "Transfer-Encoding: chunked"
FRAMING = {
    "TE and CL": post("Content-Length: 5", CHUNKED, body=b"0\r\n\r\n"),
    "CL and TE": post(CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n"),
    "two different CL": post("Content-Length: 7", "Content-Length: 3"),
    "two equal CL": post("Content-Length: 7", "Content-Length: 7"),
    "CL list": post("Content-Length: 7, 7"),
    "CL with plus": post("Content-Length: +7"),
    "CL with minus": post("Content-Length: -7"),
    "CL hexadecimal": post("Content-Length: 0x7"),
    "CL with text": post("Content-Length: 7x"),
    "CL with inner space": post("Content-Length: 7 7"),
    "CL empty": post("Content-Length: "),
    "CL too big for 64 bits": post("Content-Length: 99999999999999999999"),
    "TE unknown": post("Transfer-Encoding: gzip", body=b"0\r\n\r\n"),
    "TE identity": post("Transfer-Encoding: identity", "Content-Length: 7"),
    "TE chunked not last": post("Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "TE misspelt": post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "TE with tab and text": post("Transfer-Encoding: \tchunked x", body=b"0\r\n\r\n"),
    "TE twice": post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "TE in HTTP/1.0": post(CHUNKED, body=b"0\r\n\r\n", start=b"POST /v1.0/publish/pubsub/orders HTTP/1.0"),
    "space before the colon of TE": post("Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    "space before the colon of CL": post("Content-Length : 7"),
}
HEADS = {
    "obs-fold": post("Content-Length: 7", "X-Folded: a\r\n b"),
    "folded first line": get(lines=(b" Host: x",)),
    "bare LF everywhere": post("Content-Length: 7", line_end=b"\n"),
    "bare LF in the head": post("Content-Length: 7\nX-More: 1"),
    "bare CR in a value": post("Content-Length: 7", "X-Value: a\rb"),
    "NUL in a value": post("Content-Length: 7", "X-Value: a\0b"),
    "NUL in a name": post("Content-Length: 7", "X-\0Name: a"),
    "control character in a value": post("Content-Length: 7", "X-Value: a\x01b"),
    "space in a name": post("Content-Length: 7", "X Name: a"),
    "empty name": post("Content-Length: 7", ": a"),
    "line without a colon": post("Content-Length: 7", "nonsense"),
    "no Host": get(lines=(b"X-Other: 1",)),
    "two Hosts": get(lines=(b"Host: x", b"Host: y")),
    "no version": b"GET /v1.0/healthz\r\nHost: x\r\n\r\n",
    "unknown version": get(version=b"HTTP/1.2x"),
    "lower-case version": get(version=b"http/1.1"),
    "two spaces": b"GET  /v1.0/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "tab for a space": b"GET\t/v1.0/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "control character in the target": get(b"/v1.0/\x01healthz"),
    "only garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n",
}
CHUNKS = {
    "size is not a number": b"zz\r\nhello\r\n0\r\n\r\n",
    "negative size": b"-1\r\nhello\r\n0\r\n\r\n",
    "size with plus": b"+5\r\nhello\r\n0\r\n\r\n",
    "size with 0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "empty size": b"\r\nhello\r\n0\r\n\r\n",
    "size too big for 64 bits": b"FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
    "size of 2^63": b"8000000000000000\r\nhello\r\n0\r\n\r\n",
    "bare LF after the size": b"5\nhello\r\n0\r\n\r\n",
    "no line end after the data": b"5\r\nhelloXX0\r\n\r\n",
    "bare LF after the data": b"5\r\nhello\n0\r\n\r\n",
    "data longer than its size": b"2\r\nhello\r\n0\r\n\r\n",
    "trailer without a colon": b"5\r\nhello\r\n0\r\nnonsense\r\n\r\n",
}


class HTTPServer(SidecarCase):
    """One sidecar for all: it must survive every one of these."""

    @classmethod
    def setUpClass(cls):
        cls.application = App(TOPICS)
        cls.one = sidecar.Sidecar({"p.yaml": component("pubsub.in-memory")}, app=cls.application)
        cls.one.run()

    @classmethod
    def tearDownClass(cls):
        cls.one.close()
        cls.application.close()

    def exchange(self, data, timeout=5.0, half_close=False):
        """Sends bytes; all answers and whether the server closed the connection."""
        with wire.connect(self.one.http_port, timeout=timeout) as sock:
            try:
                sock.sendall(data)
                if half_close:
                    sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it may refuse before it has taken everything
            reader, answers = wire.Reader(sock), []
            sock.settimeout(2.0)
            while True:
                try:
                    answers.append(reader.response())
                except wire.WireError as error:
                    return answers, error.reason == "closed"

    def refused(self, data, statuses):
        """The bytes must be refused, the connection closed, and nothing after them executed."""
        before = len(self.application.deliveries)
        answers, closed = self.exchange(data + SMUGGLED)
        self.assertEqual(len(answers), 1, f"answers: {answers}")
        self.assertIn(answers[0].status, statuses, answers[0])
        self.assertTrue(closed, f"the connection stays open after {answers[0]}")
        time.sleep(0.02)
        came = [one for one in self.application.deliveries[before:]]
        self.assertEqual(came, [], "something of it was executed")

    def table(self, cases, statuses):
        """Every entry of a table."""
        for name, data in cases.items():
            with self.subTest(name):
                self.refused(data, statuses)

    def test_ambiguous_framing(self):
        self.table(FRAMING, {400, 501})

    def test_malformed_heads(self):
        self.table(HEADS, {400, 505})

    def test_malformed_chunks(self):
        self.table({name: post(CHUNKED, body=body) for name, body in CHUNKS.items()}, {400})

    def test_long_heads(self):
        self.table({
            "one long value": post("Content-Length: 7", "X-Long: " + "x" * 9000),
            "many headers": post("Content-Length: 7", *[f"X-{number}: {'y' * 40}" for number in range(300)]),
            "a long name": post("Content-Length: 7", "X" * 9000 + ": 1"),
        }, {431})
        self.table({"a long target": get(b"/v1.0/" + b"x" * 20000)}, {414, 431})

    def test_a_head_that_is_almost_too_long(self):
        answers, _ = self.exchange(post("Content-Length: 7", "Connection: close", "X-Long: " + "x" * 4000))
        self.assertEqual([one.status for one in answers], [204])

    def test_it_still_works_afterwards(self):
        before = len(self.application.deliveries)
        self.assertEqual(self.one.publish("orders", {"a": 1}).status, 204)
        # Its delivery must not be taken for one of the next test.
        deadline = time.monotonic() + 5
        while len(self.application.deliveries) == before and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(len(self.application.deliveries), before + 1)
        self.assertIsNone(self.one.process.poll())

    # -- what is allowed ---------------------------------------------------------------------------------------------

    def test_oddities_that_are_allowed(self):
        for name, data, status in [
            ("an empty line first", b"\r\n" + get(lines=(b"Host: x", b"Connection: close")), 204),
            ("absolute form", get(b"http://x/v1.0/healthz", (b"Host: x", b"Connection: close")), 204),
            ("names in capitals", get(lines=(b"HOST: x", b"CONNECTION: close")), 204),
            ("no space after the colon", get(lines=(b"Host:x", b"Connection:close")), 204),
            ("spaces around a value", get(lines=(b"Host:  x \t", b"Connection: close")), 204),
            ("HTTP/1.0", get(version=b"HTTP/1.0", lines=()), 204),
            ("empty Host", get(lines=(b"Host:", b"Connection: close")), 204),
            ("an empty header", get(lines=(b"Host: x", b"X-Empty:", b"Connection: close")), 204),
        ]:
            with self.subTest(name):
                answers, closed = self.exchange(data)
                self.assertEqual([one.status for one in answers], [status])
                self.assertTrue(closed)

    def delivered(self, data, expected):
        """The data of the event that a publish led to."""
        before = len(self.application.deliveries)
        answers, _ = self.exchange(data)
        self.assertEqual([one.status for one in answers], [204], answers)
        self.assertTrue(self.application.wait_until(lambda all: len(all) > before, 3), "not delivered")
        self.assertEqual(self.application.deliveries[before].json()["data"], expected)

    def test_chunked_uploads(self):
        for name, body in {
            "one chunk": b"7\r\n{\"a\":1}\r\n0\r\n\r\n",
            "single bytes": b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n",
            "upper-case and leading zeros": b"0007\r\n{\"a\":1}\r\n000\r\n\r\n",
            "extensions": b"7;name=value;other=\"x\"\r\n{\"a\":1}\r\n0;last\r\n\r\n",
            "trailers": b"7\r\n{\"a\":1}\r\n0\r\nX-Trailer: 1\r\n\r\n",
        }.items():
            with self.subTest(name):
                self.delivered(post(CHUNKED, "Connection: close", body=body), {"a": 1})

    def test_a_chunked_body_in_small_pieces(self):
        before = len(self.application.deliveries)
        data = post(CHUNKED, body=b"7\r\n{\"a\":2}\r\n0\r\n\r\n")
        with wire.connect(self.one.http_port) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start in range(0, len(data), 3):
                sock.sendall(data[start:start + 3])
                time.sleep(0.001)
            self.assertEqual(wire.Reader(sock).response("POST").status, 204)
        self.assertTrue(self.application.wait_until(lambda all: len(all) > before, 3))
        self.assertEqual(self.application.deliveries[before].json()["data"], {"a": 2})

    def test_expect_100_continue(self):
        with wire.connect(self.one.http_port, timeout=3) as sock:
            sock.sendall(post("Content-Length: 7", "Expect: 100-continue", body=b""))
            reader = wire.Reader(sock)
            self.assertEqual(reader.head()[0].split()[1], b"100", "nothing came before the body was sent")
            sock.sendall(BODY)
            self.assertEqual(reader.response("POST").status, 204)

    def test_expect_100_continue_with_the_body_at_once(self):
        self.delivered(post("Content-Length: 7", "Expect: 100-continue", "Connection: close"), {"a": 1})

    def test_pipelined_requests_are_answered_in_order(self):
        targets = [(get(), 204), (get(b"/v1.0/nope"), 404), (post("Content-Length: 7"), 204),
                   (get(b"/v1.0/metadata"), 200), (post(CHUNKED, body=b"7\r\n{\"a\":1}\r\n0\r\n\r\n"), 204)] * 20
        answers, _ = self.exchange(b"".join(data for data, _ in targets), half_close=False)
        self.assertEqual([one.status for one in answers], [status for _, status in targets])

    def test_pipelined_publishes_keep_their_order(self):
        before = len(self.application.deliveries)
        data = b"".join(post(f"Content-Length: {len(body)}", body=body)
                        for body in (b'{"n":%d}' % number for number in range(200)))
        answers, _ = self.exchange(data)
        self.assertEqual([one.status for one in answers], [204] * 200)
        self.assertTrue(self.application.wait_until(lambda all: len(all) >= before + 200, 5))
        self.assertEqual([one.json()["data"]["n"] for one in self.application.deliveries[before:]], list(range(200)))

    def test_garbage_after_a_good_request(self):
        answers, closed = self.exchange(get() + b"\x00\x01garbage\r\n\r\n" + SMUGGLED)
        self.assertEqual([one.status for one in answers], [204, 400])
        self.assertTrue(closed)
        self.assertEqual(self.application.to("/smuggled"), [])

    def test_a_body_that_ends_too_early_publishes_nothing(self):
        before = len(self.application.deliveries)
        for data in (post("Content-Length: 100"), post(CHUNKED, body=b"7\r\n{\"a\":1}\r\n")):
            with wire.connect(self.one.http_port) as sock:
                sock.sendall(data)
                time.sleep(0.05)
        time.sleep(0.2)
        self.assertEqual(self.application.deliveries[before:], [])

    def test_a_body_over_the_limit(self):
        body = b'"' + b"x" * (5 << 20) + b'"'
        before = len(self.application.deliveries)
        for data in (post(f"Content-Length: {len(body)}", body=body),
                     post(CHUNKED, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))):
            answers, _ = self.exchange(data, timeout=10)
            self.assertEqual([one.status for one in answers], [500], [one.status for one in answers])
            self.assertEqual(json.loads(answers[0].body)["errorCode"], "ERR_PUBSUB_PUBLISH_MESSAGE")
        time.sleep(0.1)
        self.assertEqual(self.application.deliveries[before:], [])

    def test_a_body_just_below_the_limit(self):
        text = "x" * ((4 << 20) - 100)
        self.delivered(post(f"Content-Length: {len(text) + 2}", "Connection: close", body=f'"{text}"'.encode()), text)

    def test_a_head_that_never_ends_is_given_up(self):
        with wire.connect(self.one.http_port, timeout=20) as sock:
            sock.sendall(b"GET /v1.0/healthz HTTP/1.1\r\nHost: x\r\n")
            begin = time.monotonic()
            try:
                while time.monotonic() - begin < 16:
                    sock.settimeout(1)
                    try:
                        if not sock.recv(4096):
                            break
                    except TimeoutError:
                        sock.sendall(b"X-More: 1\r\n")
            except OSError:
                pass
            took = time.monotonic() - begin
        self.assertLess(took, 14, "a head may take 10 s")

    def test_many_idle_connections_do_not_matter(self):
        idle = [wire.connect(self.one.http_port) for _ in range(500)]
        try:
            begin = time.monotonic()
            self.assertEqual(self.one.publish("orders", {"a": 1}).status, 204)
            self.assertLess(time.monotonic() - begin, 1)
        finally:
            for sock in idle:
                sock.close()


if __name__ == "__main__":
    unittest.main()
