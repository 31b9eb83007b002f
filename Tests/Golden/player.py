"""Plays one case against the binary and notes what happened (judge.py says what is wrong with it)."""

import base64
import datetime
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "EndToEnd"))

import app as apps
import redis
import sidecar
import wire
from compare import LEVELS, STANDING_WARNING, worst
from judge import Observation, StepSeen
from placeholders import Values

QUIET_SECONDS = 0.16
RESPONSE_SECONDS = 10.0
LATE_SECONDS = 3.0  # how long an expected delivery may take on a busy machine
LATE_LOG_SECONDS = 1.0
READY_SECONDS = 15.0
EXIT_SECONDS = 12.0


class Player:
    """One run of one case. `play` always ends everything that it started."""

    def __init__(self, case, program):
        self.case = case
        self.program = program
        self.directory = tempfile.mkdtemp(prefix="martlet-golden-")
        self.app = None
        self.redis = None
        self.blackhole = None
        self.sidecar = None
        self.values = None
        self.seen = None

    def play(self, timeout=30.0):
        """Runs the case; an Observation. After `timeout` seconds everything is killed and the case has failed."""
        late = threading.Event()

        def give_up():
            late.set()
            self.end_processes()
        watchdog = threading.Timer(timeout, give_up)
        watchdog.daemon = True
        watchdog.start()
        try:
            self.prepare()
            self.start()
            if not self.seen.failure and "exit" not in self.case:
                for step in self.case.get("steps", []):
                    self.seen.steps.append(self.step(step))
        except Exception as error:  # whatever happened, the report must say it and the next case must run
            self.fail(f"{type(error).__name__}: {error}")
        finally:
            watchdog.cancel()
            self.close()
        if late.is_set():
            self.fail(f"not done after {timeout:.0f} s")
        return self.seen

    def fail(self, text):
        """Notes why the run could not go on."""
        if self.seen is None:
            self.seen = Observation()
        output = self.sidecar.tail(8) if self.sidecar is not None and self.sidecar.process is not None else ""
        self.seen.failure = text + (f"\n    output:\n{output}" if output else "")

    # -- start ---------------------------------------------------------------------------------------------------------

    def prepare(self):
        """Ports, files, broker and application; nothing of the binary yet."""
        case = self.case
        known = {"tmp-dir": self.directory}
        if case.get("app"):
            given = case["app"]
            self.app = apps.App(given.get("subscribe"), given.get("config"), listening=False)
            known["app-port"] = self.app.port
        known["redis-port"], known["public-port"] = sidecar.free_ports(2)
        if case.get("blackhole"):
            self.blackhole = socket.create_server(("127.0.0.1", 0), backlog=64)
            known["blackhole-port"] = self.blackhole.getsockname()[1]
        self.sidecar = sidecar.Sidecar(directory=self.directory, program=self.program, app=self.app,
                                       app_id=case.get("app_id", "golden"))
        known.update({"http-port": self.sidecar.http_port, "grpc-port": self.sidecar.grpc_port,
                      "internal-port": self.sidecar.internal_port, "metrics-port": self.sidecar.metrics_port})
        self.values = Values(known)
        self.seen = Observation(known, datetime.datetime.now(datetime.timezone.utc))
        if self.app is not None:
            self.app.subscribe, self.app.config = (self.filled(case["app"].get(key)) for key in ("subscribe", "config"))
            self.app.answer(self.filled(case["app"].get("answers", {})))
        fill = self.values.fill
        for name, text in case.get("resources", {}).items():
            sidecar.write(os.path.join(self.sidecar.resources, name), fill(text))
        for name, text in case.get("files", {}).items():
            sidecar.write(os.path.join(self.directory, name), fill(text))
        self.sidecar.config = fill(case["config"]) if "config" in case else None
        self.sidecar.flags = [fill(flag) for flag in case.get("flags", [])]
        self.sidecar.env = {name: fill(value) for name, value in case.get("env", {}).items()}

    def start(self):
        """Starts broker, application and binary, waits as the recorder did, notes the start-up requests."""
        case = self.case
        if case.get("redis"):
            self.redis = redis.RedisServer(self.directory, int(self.seen.known["redis-port"]))
        if self.app is not None and not case["app"].get("late"):
            self.app.listen()
        self.sidecar.start()
        if "exit" in case:
            self.seen.exit_status = self.sidecar.wait(EXIT_SECONDS)
            self.seen.startup_lines = self.lines_since(0)
            self.seen.stderr = any(line.level is None and line.text.strip() for line in self.sidecar.lines)
            return
        path = "/v1.0/healthz" + ("/outbound" if case.get("ready") == "outbound" else "")
        try:
            if case.get("ready") == "answering":
                self.sidecar.wait_answering(READY_SECONDS)
            else:
                self.sidecar.wait_ready(path, timeout=READY_SECONDS)
        except RuntimeError as error:
            self.seen.failure = str(error)
            self.seen.exit_status = self.sidecar.process.poll()
            return
        expected = len(case.get("startup", []))
        self.await_deliveries(0, expected, QUIET_SECONDS)
        self.seen.startup = self.deliveries_since(0)
        self.await_log(0, case.get("startup_logs", []))
        self.seen.startup_lines = self.lines_since(0)

    def filled(self, value):
        """`Values.fill` in every text of a nested value."""
        if isinstance(value, str):
            return self.values.fill(value)
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        return value

    # -- steps ---------------------------------------------------------------------------------------------------------

    def step(self, step):
        """Does what a step says and waits until it is over."""
        seen = StepSeen()
        first = len(self.app.deliveries) if self.app else 0
        first_line = len(self.sidecar.lines)
        begin = time.monotonic()
        self.act(step)
        if "poll" in step:
            seen.response = self.poll(step)
        elif "request" in step:
            seen.response = self.send(step["request"], step)
        if "exit" in step:
            seen.exit_status = self.sidecar.wait(EXIT_SECONDS)
        expected = len(step.get("deliveries", []))
        if "wait_ms" in step:
            end = begin + step["wait_ms"] / 1000
            if "stop_after" in step:
                self.app.wait_until(lambda all: len(self.counted(all[first:])) >= step["stop_after"],
                                    max(0.0, end - time.monotonic()) + LATE_SECONDS)
            else:
                time.sleep(max(0.0, end - time.monotonic()))
                self.await_deliveries(first, expected, 0.05)
        elif "deliveries" in step:
            self.await_deliveries(first, expected, step.get("quiet_ms", QUIET_SECONDS * 1000) / 1000)
        self.await_log(first_line, step.get("logs", []))
        seen.deliveries = self.deliveries_since(first)[:step.get("stop_after")]
        seen.lines = self.lines_since(first_line)
        return seen

    def act(self, step):
        """What a step does besides its request."""
        if "answers" in step and self.app is not None:
            self.app.answer(self.filled(step["answers"]))
        for name, text in step.get("write", {}).items():
            sidecar.write(os.path.join(self.sidecar.resources, name), self.values.fill(text))
        for name in step.get("remove", []):
            os.unlink(os.path.join(self.sidecar.resources, name))
        if step.get("kill_redis"):
            self.redis.kill()
        if step.get("stop_app"):
            self.app.stop_listening()
        if step.get("start_app"):
            self.app.listen()
        if "signal" in step:
            self.sidecar.signal(getattr(signal, step["signal"]))

    def send(self, request, step):
        """Sends a request; a Response, or the text that the recorder wrote when there was none."""
        timeout = step.get("timeout_ms", RESPONSE_SECONDS * 1000) / 1000
        port = int(self.seen.known["public-port"]) if step.get("port") == "public" else self.sidecar.http_port
        body = base64.b64decode(request["body_base64"]) if "body_base64" in request else None
        if "body" in request:
            body = self.values.fill(request["body"]).encode("utf-8", "surrogateescape")
        try:
            return wire.request(port, request["method"], self.values.fill(request["path"]),
                                self.filled(request.get("headers", {})), body, timeout)
        except wire.WireError as error:
            if error.reason == "timeout":
                return f"no answer in {timeout * 1000:.0f} ms"
            return "connection closed without an answer" if error.reason == "closed" else str(error)
        except OSError as error:
            return f"no connection: {error}"

    def poll(self, step):
        """Repeats a GET until it is answered with the recorded status."""
        deadline = time.monotonic() + max(step.get("wait_ms", 0) / 1000, LATE_SECONDS)
        while True:
            response = self.send(step["poll"]["request"], step)
            if getattr(response, "status", response) == step["response"]["status"] or time.monotonic() > deadline:
                return response
            time.sleep(0.02)

    # -- what came -----------------------------------------------------------------------------------------------------

    def counted(self, deliveries):
        """Requests to the application without the health probes."""
        flags = self.case.get("flags", [])
        path = "/healthz"
        if "--app-health-check-path" in flags:
            path = flags[flags.index("--app-health-check-path") + 1]
        return [one for one in deliveries if not (one.method == "GET" and one.path == path)]

    def deliveries_since(self, first):
        """What the application received, from number `first` on."""
        return self.counted(list(self.app.deliveries[first:])) if self.app else []

    def lines_since(self, first):
        """Log lines from number `first` on."""
        with self.sidecar.changed:
            return [line for line in self.sidecar.lines[first:] if line.level in LEVELS]

    def await_deliveries(self, first, expected, quiet):
        """Waits for the expected number (a busy machine may be late), then until `quiet` seconds bring nothing more."""
        if self.app is None:
            if quiet > QUIET_SECONDS:
                time.sleep(quiet)
            return
        if expected:
            self.app.wait_until(lambda all: len(self.counted(all[first:])) >= expected, max(LATE_SECONDS, quiet))
        deadline = time.monotonic() + LATE_SECONDS + quiet
        while time.monotonic() < deadline:
            count = len(self.counted(list(self.app.deliveries)))
            if not self.app.wait_until(lambda all: len(self.counted(all)) > count, quiet):
                return

    def await_log(self, first, expected):
        """Waits a little for a line of the worst recorded level; it may be written after the last delivery."""
        wanted = worst(line["level"] for line in expected)
        if wanted > LEVELS.index("info"):
            self.sidecar.wait_line(
                lambda line: worst([line.level]) >= wanted and not STANDING_WARNING.search(line.text),
                LATE_LOG_SECONDS, first)

    # -- end -----------------------------------------------------------------------------------------------------------

    def end_processes(self):
        """Kills the binary and the broker."""
        for one in (self.sidecar, self.redis):
            if one is not None:
                one.kill()

    def close(self):
        """Ends everything and removes the directory."""
        self.end_processes()
        if self.app is not None:
            self.app.close()
        if self.blackhole is not None:
            self.blackhole.close()
        shutil.rmtree(self.directory, ignore_errors=True)
