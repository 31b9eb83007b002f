"""Starts the binary under test, waits for it, reads its log, ends it. It never outlives this process.

The binary comes from `MARTLET_BINARY`, else `.build/release/martlet`, else `.build/debug/martlet`.
"""

import atexit
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import wire

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LEVELS = ["debug", "info", "warning", "error", "fatal"]
_started = []


def binary():
    """Path of the binary under test."""
    given = os.environ.get("MARTLET_BINARY")
    if given:
        return os.path.abspath(given)
    for kind in ("release", "debug"):
        path = os.path.join(ROOT, ".build", kind, "martlet")
        if os.path.exists(path):
            return path
    raise FileNotFoundError("no binary under test: build it, or name it in MARTLET_BINARY")


def free_ports(count):
    """`count` different ports of 127.0.0.1 that the kernel has just called free."""
    sockets = []
    for _ in range(count):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.bind(("127.0.0.1", 0))
        sockets.append(sock)
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


class LogLine:
    """One line of output: `level` is one of LEVELS, None where the line is not a log line."""

    def __init__(self, text, at):
        self.text = text
        self.at = at
        self.level = level_of(text)


def level_of(text):
    """The level of a log line (logrus text or JSON form), None for other output."""
    if text.startswith("{"):
        try:
            level = json.loads(text).get("level")
        except ValueError:
            level = None
    else:
        found = re.search(r"(?:^|\s)level=(\w+)", text)
        level = found.group(1) if found else None
    return {"warn": "warning"}.get(level, level)


class Sidecar:
    """One run of the binary with a resources directory of its own."""

    def __init__(self, resources=None, app=None, app_id="e2e", flags=(), env=None, directory=None, program=None,
                 app_address=None, config=None):
        self.owned = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="martlet-e2e-")
        self.resources = os.path.join(self.directory, "resources")
        os.makedirs(self.resources, exist_ok=True)
        for name, text in (resources or {}).items():
            write(os.path.join(self.resources, name), text)
        self.app = app
        self.app_id = app_id
        self.flags = list(flags)
        self.env = dict(env or {})
        self.program = program or binary()
        self.app_address = app_address
        self.config = config
        self.http_port, self.grpc_port, self.internal_port, self.metrics_port = free_ports(4)
        self.process = None
        self.lines = []
        self.changed = threading.Condition()
        self.started_at = None

    # -- life --------------------------------------------------------------------------------------------------------

    def command(self):
        """The command line: flags of daprd, loopback only."""
        words = [self.program, "--app-id", self.app_id, "--mode", "standalone"]
        words += ["--dapr-http-port", str(self.http_port), "--dapr-grpc-port", str(self.grpc_port)]
        words += ["--dapr-internal-grpc-port", str(self.internal_port), "--metrics-port", str(self.metrics_port)]
        words += ["--dapr-listen-addresses", "127.0.0.1", "--dapr-internal-grpc-listen-address", "127.0.0.1"]
        words += ["--metrics-listen-address", "127.0.0.1"]
        words += ["--placement-host-address", "", "--scheduler-host-address", ""]
        words += ["--resources-path", self.resources, "--log-level", "info", "--dapr-graceful-shutdown-seconds", "2"]
        if self.config:
            write(os.path.join(self.directory, "config.yaml"), self.config)
            words += ["--config", os.path.join(self.directory, "config.yaml")]
        if self.app is not None and self.app.unix_path:
            words += ["--app-protocol", "http", "--app-channel-address", f"unix://{self.app.unix_path}"]
        elif self.app is not None:
            words += ["--app-port", str(self.app.port), "--app-protocol", "https" if getattr(self.app, "tls", None) else "http"]
            words += ["--app-channel-address", self.app_address or "127.0.0.1"]
        return words + self.flags

    def start(self):
        """Starts the process; does not wait for it. May be called again after it ended."""
        environment = {"TZ": "UTC", "DAPR_HOST_IP": "127.0.0.1"}
        for name in ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "SWIFT_BACKTRACE"):
            if name in os.environ:
                environment[name] = os.environ[name]
        environment.update(self.env)
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment, cwd=self.directory)
        _started.append(self.process)
        self.readers = [threading.Thread(target=self._read, args=(stream,), daemon=True)
                        for stream in (self.process.stdout, self.process.stderr)]
        for reader in self.readers:
            reader.start()
        return self

    def _read(self, stream):
        for line in stream:
            text = line.decode("utf-8", "replace").rstrip("\n")
            with self.changed:
                self.lines.append(LogLine(text, time.monotonic()))
                self.changed.notify_all()

    def wait_ready(self, path="/v1.0/healthz", timeout=10.0):
        """Waits until `path` is answered 204; seconds since the start. Raises when the process ends or time is up."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.wait(1)  # for what it said last
                raise RuntimeError(f"ended with status {self.process.returncode} before it was ready\n{self.tail()}")
            if self.health(path) == 204:
                return time.monotonic() - self.started_at
            time.sleep(0.01)
        raise RuntimeError(f"{path} was not 204 within {timeout} s\n{self.tail()}")

    def wait_answering(self, timeout=5.0):
        """Waits until the API answers anything, ready or not."""
        deadline = time.monotonic() + timeout
        while self.health() is None:
            if self.process.poll() is not None:
                self.wait(1)  # for what it said last
                raise RuntimeError(f"ended with status {self.process.returncode} before it answered\n{self.tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the API does not answer\n{self.tail()}")
            time.sleep(0.01)

    def health(self, path="/v1.0/healthz"):
        """Status of a health path, None without an answer."""
        try:
            return wire.request(self.http_port, "GET", path, timeout=2).status
        except (OSError, wire.WireError):
            return None

    def run(self, timeout=10.0):
        """`start` and `wait_ready`."""
        self.start()
        self.wait_ready(timeout=timeout)
        return self

    def wait(self, timeout):
        """Exit status (negative: signal), None when it still runs after `timeout` seconds."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        for reader in self.readers:
            reader.join(2)
        return status

    def write(self, name, text):
        """Writes a resource file in one step; a running sidecar takes it over."""
        write(os.path.join(self.resources, name), text)

    def remove(self, name):
        """Removes a resource file."""
        os.unlink(os.path.join(self.resources, name))

    def signal(self, number):
        """Sends a signal."""
        self.process.send_signal(number)

    def stop(self, timeout=10.0):
        """SIGTERM and wait; the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        """SIGKILL and wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        if self.process is not None:
            self.wait(10)
            self.process.stdout.close()
            self.process.stderr.close()

    def close(self):
        """Kills what runs and removes the directory."""
        self.kill()
        if self.owned:
            shutil.rmtree(self.directory, ignore_errors=True)

    # -- talking -----------------------------------------------------------------------------------------------------

    def publish(self, topic, body, pubsub="pubsub", content_type="application/json", timeout=10.0, query=""):
        """Publishes and returns the Response."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return wire.request(self.http_port, "POST", f"/v1.0/publish/{pubsub}/{topic}{query}",
                            {"content-type": content_type}, data, timeout)

    def get(self, path, timeout=10.0):
        """GET and the Response."""
        return wire.request(self.http_port, "GET", path, timeout=timeout)

    # -- output ------------------------------------------------------------------------------------------------------

    def wait_line(self, condition, timeout=5.0, since=0):
        """The first line from number `since` on for which `condition(line)` holds, None when time is up."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                found = next((line for line in self.lines[since:] if condition(line)), None)
                left = deadline - time.monotonic()
                if found is not None or left <= 0:
                    return found
                self.changed.wait(left)

    def tail(self, count=15):
        """The last lines of output."""
        with self.changed:
            return "\n".join(line.text for line in self.lines[-count:])


def write(path, text):
    """Writes a file in one step, so that a watcher never sees half of it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


@atexit.register
def end_all():
    """Kills what this process started and did not end."""
    for process in _started:
        if process.poll() is None:
            process.kill()
            process.wait()
