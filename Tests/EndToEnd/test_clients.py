"""`curl`, `ab` and Python's own HTTP client as callers: what they do that our own test client does not."""

import http.client
import json
import os
import shutil
import subprocess
import unittest

from case import SidecarCase, component


class Clients(SidecarCase):
    def setUp(self):
        super().setUp()
        self.application = self.app()
        self.one = self.sidecar(app=self.application, resources={"p.yaml": component("pubsub.in-memory")})
        self.one.run()
        self.url = f"http://127.0.0.1:{self.one.http_port}/v1.0"

    def tool(self, *words, stdin=None):
        """The output of a program that must be installed (scripts/setup) and must succeed."""
        self.assertIsNotNone(shutil.which(words[0]), f"{words[0]} is not installed")
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, input=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def curl(self, *words, stdin=None):
        """The status that curl saw."""
        return self.tool("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "20", *words, stdin=stdin)

    def data(self, count):
        """The data of so many events at the application."""
        self.assertTrue(self.application.wait_until(
            lambda all: sum(one.path == "/orders" for one in all) >= count, 5), self.one.tail())
        return [one.json()["data"] for one in self.application.to("/orders")]

    def test_curl(self):
        publish = f"{self.url}/publish/pubsub/orders"
        json_type = ["-H", "Content-Type: application/json"]
        self.assertEqual(self.curl(*json_type, "-d", '{"a":1}', publish), "204")
        self.assertEqual(self.curl("--http1.0", *json_type, "-d", '{"a":2}', publish), "204")
        # An offer of HTTP/2 is not taken, and the request is served all the same.
        self.assertEqual(self.curl("--http2", *json_type, "-d", '{"a":3}', publish), "204")
        # From standard input: chunks.
        self.assertEqual(self.curl("-X", "POST", *json_type, "-T", "-", publish, stdin='{"a":4}'), "204")
        # A megabyte and more: curl asks with `Expect: 100-continue` and waits a second where nobody answers.
        large = os.path.join(self.directory, "large")
        with open(large, "w") as file:
            json.dump("x" * (2 << 20), file)
        seconds = float(self.tool("curl", "-sS", "-o", "/dev/null", "-w", "%{time_total}", *json_type,
                                  "-H", "Expect: 100-continue", "--data-binary", f"@{large}", publish))
        self.assertLess(seconds, 1, "the leave to send did not come")
        self.assertEqual(self.curl("-I", f"{self.url}/healthz"), "404")
        self.assertEqual(self.curl("-X", "OPTIONS", publish), "404")
        came = self.data(5)
        self.assertEqual(came[:4], [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}])
        self.assertEqual(len(came[4]), 2 << 20)

    def test_curl_uses_one_connection_for_many_requests(self):
        words = [word for _ in range(20) for word in ("-o", "/dev/null", f"{self.url}/healthz")]
        said = self.tool("curl", "-sS", "-w", "%{http_code} %{num_connects}\n", *words).split("\n")[:20]
        self.assertEqual(said, ["204 1"] + ["204 0"] * 19)

    def test_ab(self):
        body = os.path.join(self.directory, "body")
        with open(body, "w") as file:
            file.write('{"a":1}')
        for words in ([], ["-k"]):
            said = self.tool("ab", "-q", *words, "-c", "20", "-n", "1000", "-p", body, "-T", "application/json",
                             f"{self.url}/publish/pubsub/orders")
            self.assertRegex(said, r"Complete requests:\s+1000\n")
            self.assertRegex(said, r"Failed requests:\s+0\n")
            self.assertNotIn("Non-2xx", said)
        self.data(2000)

    def test_http_client(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.one.http_port, timeout=5)
        self.addCleanup(connection.close)
        for number in range(50):
            connection.request("POST", "/v1.0/publish/pubsub/orders", body=iter([b'{"n":', b"%d}" % number]),
                               headers={"Content-Type": "application/json"}, encode_chunked=True)
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()), (204, b""))
        self.assertEqual([one["n"] for one in self.data(50)], list(range(50)))


if __name__ == "__main__":
    unittest.main()
