"""The commands: run, publish, version, help, and what is said about flags that do not exist."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

import sidecar
import wire
from case import SidecarCase, component

APPLICATION = '''
import http.server, json, os, signal, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def answer(self, body):
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        listed = [{"pubsubname": "pubsub", "topic": "orders", "route": "/orders"}]
        self.answer(json.dumps(listed).encode() if self.path == "/dapr/subscribe" else b"")
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.answer(b"")
        print("got", body["data"], flush=True)
        print("to stderr", file=sys.stderr, flush=True)
        if body["data"] == "exit": os._exit(int(os.environ.get("EXIT_WITH", "0")))
signal.signal(signal.SIGTERM, lambda *_: (print("told to end", flush=True), os._exit(0)))
print("listening, sidecar at", os.environ["DAPR_HTTP_PORT"], os.environ["APP_ID"], flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["APP_PORT"])), Handler).serve_forever()
'''


def call(*words, timeout=15, **options):
    """Runs a command of the binary to its end."""
    return subprocess.run([sidecar.binary(), *words], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, **options)


class Plain(unittest.TestCase):
    def test_version(self):
        for word in ("version", "--version"):
            with self.subTest(word):
                done = call(word)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")

    def test_help(self):
        for word in ("help", "--help", "-h"):
            with self.subTest(word):
                done = call(word)
                self.assertEqual(done.returncode, 0, done.stderr)
                for name in ("run", "publish", "sidecar", "version"):
                    self.assertIn(name, done.stdout)

    def test_help_of_a_command(self):
        for command, flags in (("sidecar", ("--app-id", "--resources-path", "--dapr-http-port")),
                               ("run", ("--app-id", "--app-port", "--resources-path")),
                               ("publish", ("--pubsub", "--topic", "--data"))):
            with self.subTest(command):
                done = call("help", command)
                self.assertEqual(done.returncode, 0, done.stderr)
                for name in flags:
                    self.assertIn(name, done.stdout)

    def test_unknown_flags_and_commands(self):
        for words in (["--no-such-flag"], ["--app-id", "a", "--no-such-flag=1"], ["-no-such-flag"], ["no-such-command"],
                      ["run", "--no-such-flag", "--", "true"], ["publish", "--no-such-flag"]):
            with self.subTest(words):
                done = call(*words)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn("no-such", done.stderr)
                self.assertRegex(done.stderr.lower(), "usage|help")

    def test_flags_that_are_wrong(self):
        for words in (["--app-id", ""], ["--app-id", "a.b"], ["--app-id", "a", "--app-port", "x"],
                      ["--app-id", "a", "--log-level", "loud"], ["--app-id", "a", "--app-port", "3500"]):
            with self.subTest(words):
                done = call(*words)
                self.assertIn(done.returncode, (1, 2), done.stdout + done.stderr)
                self.assertTrue((done.stdout + done.stderr).strip())

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            done = call("--app-id", "a", "--dapr-http-port", port, "--dapr-grpc-port", "0", "--metrics-port", "0",
                        "--dapr-listen-addresses", "127.0.0.1")
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn(port, done.stdout + done.stderr)


class Run(SidecarCase):
    def setUp(self):
        super().setUp()
        self.program = os.path.join(self.directory, "application.py")
        sidecar.write(self.program, APPLICATION)
        sidecar.write(os.path.join(self.directory, "resources", "p.yaml"), component("pubsub.in-memory"))
        self.http, self.grpc, self.metrics, self.app_port = sidecar.free_ports(4)

    def start(self, command, env=None, flags=()):
        """`martlet run … -- command`, its output in a file."""
        self.output = os.path.join(self.directory, "output")
        words = [sidecar.binary(), "run", "--app-id", "ran", "--app-port", str(self.app_port),
                 "--dapr-http-port", str(self.http), "--dapr-grpc-port", str(self.grpc),
                 "--metrics-port", str(self.metrics), "--resources-path", os.path.join(self.directory, "resources"),
                 *flags, "--", *command]
        with open(self.output, "w") as output:
            process = subprocess.Popen(words, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                       env={**os.environ, **(env or {})})
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        """Ends it whatever happened."""
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def said(self):
        """Its output so far."""
        with open(self.output) as output:
            return output.read()

    def wait_said(self, text, timeout=10):
        """Waits for a text in the output; the line with it."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            line = next((line for line in self.said().splitlines() if text in line), None)
            if line is not None:
                return line
            time.sleep(0.02)
        self.fail(f"{text!r} was not said\n{self.said()}")

    def publish(self, data):
        """`martlet publish` through the sidecar."""
        return call("publish", "--pubsub", "pubsub", "--topic", "orders", "--data", json.dumps(data),
                    "--dapr-http-port", str(self.http))

    def test_it_ends_both_and_tells_lines_apart(self):
        process = self.start([sys.executable, self.program])
        started = self.wait_said("listening, sidecar at")
        self.assertIn(f"{self.http} ran", started)
        self.assertFalse(started.startswith("listening"), "the application's lines have no prefix")
        self.wait_said("dapr initialized")  # before, nobody is subscribed and the in-memory broker keeps nothing
        done = self.publish("hello")
        self.assertEqual(done.returncode, 0, done.stderr + self.said())
        self.wait_said("got hello")
        self.wait_said("to stderr")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(8), 0, self.said())
        self.wait_said("told to end")
        with self.assertRaises(OSError):
            wire.request(self.http, "GET", "/v1.0/healthz", timeout=1)

    def test_the_exit_status_of_the_application_is_passed_on(self):
        process = self.start([sys.executable, self.program], env={"EXIT_WITH": "7"})
        self.wait_said("listening, sidecar at")
        deadline = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < deadline:
            self.publish("exit")
            time.sleep(0.2)
        self.assertEqual(process.wait(5), 7, self.said())

    def test_a_command_that_does_not_exist(self):
        process = self.start(["/nowhere/no-such-program"])
        self.assertNotEqual(process.wait(10), 0)
        self.wait_said("no-such-program")

    def test_resources_that_are_refused(self):
        sidecar.write(os.path.join(self.directory, "resources", "bad.yaml"), component("pubsub.no-such-kind", "bad"))
        process = self.start([sys.executable, self.program])
        self.assertEqual(process.wait(10), 1, self.said())


class Publish(SidecarCase):
    def test_it_publishes(self):
        app = self.app()
        one = self.sidecar(app=app, resources={"p.yaml": component("pubsub.in-memory")})
        one.run()
        done = call("publish", "--pubsub", "pubsub", "--topic", "orders", "--data", '{"a":1}',
                    "--dapr-http-port", str(one.http_port))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        self.assertEqual(app.to("/orders")[0].json()["data"], {"a": 1})

    def test_a_refusal_is_an_error(self):
        one = self.sidecar(resources={"p.yaml": component("pubsub.in-memory")})
        one.run()
        done = call("publish", "--pubsub", "unknown", "--topic", "orders", "--data", "{}",
                    "--dapr-http-port", str(one.http_port))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("unknown", done.stderr)

    def test_no_sidecar_is_an_error(self):
        done = call("publish", "--pubsub", "pubsub", "--topic", "orders", "--data", "{}",
                    "--dapr-http-port", str(sidecar.free_ports(1)[0]))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertTrue(done.stderr.strip())


if __name__ == "__main__":
    unittest.main()
