"""Examples/orders prints what its expected.txt says, and its publisher and its application agree on the trace."""

import os
import re
import subprocess
import sys
import time
import unittest

import sidecar
import wire
from case import SidecarCase, component

FOLDER = os.path.join(sidecar.ROOT, "Examples", "orders")
SHAPES = {"<port>": r"\d+", "<time>": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", "<id>": r"[0-9a-f]{8}",
          "<trace>": r"([0-9a-f]{8})"}


def expected():
    """expected.txt as patterns, a line each."""
    with open(os.path.join(FOLDER, "expected.txt")) as file:
        lines = file.read().splitlines()
    result = []
    for line in lines:
        for name, shape in SHAPES.items():
            line = line.replace(name, name.upper())
        line = re.escape(line)
        for name, shape in SHAPES.items():
            line = line.replace(re.escape(name.upper()), shape)
        result.append(line)
    return result


class Orders(SidecarCase):
    def start_app(self, port):
        """The application, its output in a file."""
        self.output = os.path.join(self.directory, "output")
        with open(self.output, "w") as output:
            process = subprocess.Popen([sys.executable, os.path.join(FOLDER, "app.py")], stdout=output, stderr=output,
                                       env={**os.environ, "APP_PORT": str(port)})
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        """Ends it."""
        if process.poll() is None:
            process.terminate()
            process.wait(5)

    def lines(self, count, timeout=10):
        """The lines of the output, as soon as there are so many."""
        deadline = time.monotonic() + timeout
        while True:
            with open(self.output) as output:
                lines = output.read().splitlines()
            if len(lines) >= count or time.monotonic() > deadline:
                return lines
            time.sleep(0.02)

    def compare(self, lines):
        """The whole output against expected.txt; the traces in it."""
        patterns = expected()
        self.assertEqual(len(lines), len(patterns), "\n".join(lines))
        traces = set()
        for line, pattern in zip(lines, patterns):
            found = re.fullmatch(pattern, line)
            self.assertIsNotNone(found, f"{line!r} is not {pattern}")
            traces.update(found.groups())
        return traces

    def test_through_the_sidecar(self):
        http, app_port = sidecar.free_ports(2)
        self.start_app(app_port)
        self.lines(1)

        class Running:
            """Where the application is."""
            unix_path, port = None, app_port
        one = self.sidecar(app=Running, app_id="orders", resources={"p.yaml": component("pubsub.in-memory")})
        one.http_port = http
        one.run()
        done = subprocess.run([sys.executable, os.path.join(FOLDER, "publish.py")], capture_output=True, text=True,
                              timeout=20, env={**os.environ, "DAPR_HTTP_PORT": str(http)})
        self.assertEqual(done.returncode, 0, done.stderr)
        traces = self.compare(self.lines(len(expected())))
        self.assertEqual(traces, set(re.findall(r"in trace (\w+)", done.stdout)))

    def test_the_application_alone(self):
        port = sidecar.free_ports(1)[0]
        self.start_app(port)
        self.lines(1)
        self.assertEqual(wire.request(port, "GET", "/dapr/subscribe").status, 200)
        for body in (b'{"order": 1, "item": "book", "total": 12.5}', b'{"order": 2, "item": "lamp", "total": 39.9}',
                     b'{"order": 3, "item": "chair", "total": 120.0}'):
            event = (b'{"id":"0af76519-16cd-43dd-8448-eb211c80319c","type":"order.created","topic":"orders",'
                     b'"time":"2026-01-02T03:04:05Z",'
                     b'"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",'
                     b'"data":' + body + b"}")
            self.assertEqual(wire.request(port, "POST", "/orders", {}, event).status, 200)
        self.assertEqual(self.compare(self.lines(len(expected()))), {"0af76519"})

    def test_the_publisher_without_a_sidecar(self):
        port = sidecar.free_ports(1)[0]
        done = subprocess.run([sys.executable, os.path.join(FOLDER, "publish.py"), "1"], capture_output=True, text=True,
                              timeout=20, env={**os.environ, "DAPR_HTTP_PORT": str(port)})
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(port), done.stderr)


if __name__ == "__main__":
    unittest.main()
