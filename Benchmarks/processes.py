"""Processes of a measurement: what they cost (from /proc) and how the driver, the sink and the sidecar are started."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "Tests", "EndToEnd"))

import sidecar  # noqa: E402 (the path above)
import wire  # noqa: E402

BUILT = os.path.join(ROOT, ".build", "benchmarks")
TICKS = os.sysconf("SC_CLK_TCK")
# The programs of `driver`, and the libraries that each needs.
PROGRAMS = {"publisher": [], "sink": [], "floor_mqtt": ["-lmosquitto", "-lpthread"], "floor_kafka": ["-lrdkafka"]}


class Cost:
    """CPU seconds of a process since `begin`, user and system apart."""

    def __init__(self, pid):
        self.pid = pid
        self.begin = self.now()

    def now(self):
        """(user, system) in seconds since the process started."""
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return int(fields[11]) / TICKS, int(fields[12]) / TICKS

    def per_100k(self, events):
        """{"user", "system", "total"} CPU seconds for 100,000 events."""
        user, system = (after - before for after, before in zip(self.now(), self.begin))
        scale = 100_000 / max(1, events)
        return {"user": round(user * scale, 3), "system": round(system * scale, 3),
                "total": round((user + system) * scale, 3)}


def memory(pid, field="VmRSS"):
    """A line of /proc/PID/status in MB (10^6 bytes)."""
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith(field + ":"):
                return round(int(line.split()[1]) * 1024 / 1e6, 2)
    return None


def build():
    """Compiles the programs of `driver` that are older than their sources."""
    os.makedirs(BUILT, exist_ok=True)
    folder = os.path.join(HERE, "driver")
    newest = max(os.path.getmtime(os.path.join(folder, name)) for name in os.listdir(folder))
    for name, libraries in PROGRAMS.items():
        program = os.path.join(BUILT, name)
        if not os.path.exists(program) or os.path.getmtime(program) < newest:
            subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-o",
                            program, os.path.join(folder, name + ".c"), *libraries], check=True)


def drive(*words, timeout=60):
    """Runs the publisher; its JSON. Raises when it could not do its work."""
    done = subprocess.run([os.path.join(BUILT, "publisher"), *map(str, words)], capture_output=True, text=True,
                          timeout=timeout)
    if not done.stdout.strip():
        raise RuntimeError(f"the driver ended with status {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


class Sink:
    """The application at the other end."""

    def __init__(self, topics, unix_path=None):
        self.unix_path = unix_path
        where = ["--unix", unix_path] if unix_path else ["--port", "0"]
        self.process = subprocess.Popen([os.path.join(BUILT, "sink"), *where, "--topics", str(topics)],
                                        stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def ask(self, path):
        """GET as JSON."""
        with wire.connect(None if self.unix_path else self.port, self.unix_path) as sock:
            sock.sendall(wire.encode("GET", path))
            return json.loads(wire.Reader(sock).response().body)

    def wait(self, events, stalled=5.0, limit=40.0):
        """Waits until so many events came; the statistics. Gives up when nothing comes for `stalled` seconds."""
        begin = last = time.monotonic()
        seen = -1
        while True:
            stats = self.ask("/stats")
            now = time.monotonic()
            if stats["events"] > seen:
                seen, last = stats["events"], now
            if seen >= events or now - last > stalled or now - begin > limit:
                return stats
            time.sleep(0.05)

    def close(self):
        """Ends it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=5)


class Runner:
    """Starts sidecars of one binary in fresh directories and ends them."""

    def __init__(self, program, directory):
        self.program = program
        self.directory = directory
        self.count = 0

    def start(self, resources, app=None, timeout=20):
        """A ready sidecar."""
        self.count += 1
        folder = os.path.join(self.directory, str(self.count))
        one = sidecar.Sidecar(resources, app=app, app_id="bench", directory=folder, program=self.program)
        one.start()
        try:
            one.wait_ready(timeout=timeout)
        except RuntimeError:
            one.kill()
            raise
        return one

    def milliseconds_to_ready(self, resources, app):
        """From exec to the first 204 of /v1.0/healthz."""
        self.count += 1
        one = sidecar.Sidecar(resources, app=app, app_id="bench", program=self.program,
                              directory=os.path.join(self.directory, str(self.count)))
        try:
            one.start()
            while time.monotonic() - one.started_at < 20:
                if one.health() == 204:
                    return (time.monotonic() - one.started_at) * 1000
                time.sleep(0.0005)
            raise RuntimeError(f"not ready within 20 s\n{one.tail()}")
        finally:
            one.kill()


def floor(broker, port, events, size):
    """Publish and take again with the broker's plain client library (`driver/floor_*.c`): events/s."""
    done = subprocess.run([os.path.join(BUILT, f"floor_{broker}"), str(port), str(events), str(size)],
                          capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)["per_second"]


def kafka_floor(port, events, size):
    """Produces with 64 in flight and consumes, by librdkafka itself: its JSON."""
    done = subprocess.run([os.path.join(BUILT, "floor_kafka"), "--brokers", f"127.0.0.1:{port}", "--total", str(events), "--size",
                           str(size)], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"the Kafka driver ended with status {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def redis_floor(port, events, size):
    """XADD, one a round trip on 64 connections, by redis-benchmark: events/s."""
    program = shutil.which("redis-benchmark")
    if program is None:
        return None
    done = subprocess.run([program, "-p", str(port), "-c", "64", "-n", str(events), "-P", "1", "--csv",
                           "XADD", "floor", "*", "data", "x" * size], capture_output=True, text=True, timeout=60)
    line = done.stdout.strip().splitlines()[-1]
    return float(line.rsplit('"XADD', 1)[-1].split('","')[1].strip('"'))
