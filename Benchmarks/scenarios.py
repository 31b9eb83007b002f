"""The scenarios of a measurement. Each returns plain numbers; report.py makes tables of them."""

import os
import statistics
import subprocess
import time

import processes
from processes import Cost, Sink, drive, memory
from kafka import ABSENCE, Kafka
from mosquitto import Mosquitto
from rabbitmq import RabbitMQ
from redis import RedisServer
from sidecar import free_ports

CONNECTIONS = 64
SIZE = 1024


def component(kind, settings):
    """A Component resource called pubsub."""
    lines = ["apiVersion: dapr.io/v1alpha1", "kind: Component", "metadata:", "  name: pubsub", "spec:",
             f"  type: {kind}", "  version: v1", "  metadata:" + ("" if settings else " []")]
    for key, value in settings.items():
        lines += [f"  - name: {key}", f'    value: "{value}"']
    return "\n".join(lines) + "\n"


class Broker:
    """One broker to measure with: how to make its component, how many topics, whether the app is on a Unix socket."""

    def __init__(self, name, kind, topics, unix=False, settings=None):
        self.name = name
        self.kind = kind
        self.topics = topics
        self.unix = unix
        self.settings = settings or {}
        self.server = None

    def prepare(self, directory, number):
        """Starts what is needed; the resources of a sidecar."""
        settings = dict(self.settings)
        if self.kind == "pubsub.redis":
            folder = os.path.join(directory, f"{self.name.replace(' ', '-')}-{number}".replace(",", ""))
            os.makedirs(folder, exist_ok=True)
            self.server = RedisServer(folder, free_ports(1)[0])
            settings["redisHost"] = f"127.0.0.1:{self.server.port}"
        elif self.kind.startswith("pubsub.mqtt"):
            folder = os.path.join(directory, f"{self.name}-{number}")
            os.makedirs(folder, exist_ok=True)
            self.server = Mosquitto(folder, free_ports(1)[0], saves=False)
            settings["url"] = f"mqtt://127.0.0.1:{self.server.port}"
        elif self.kind == "pubsub.rabbitmq":
            # Durable queues and persistent events, for daprd too: what a confirmation is worth.
            self.server = RabbitMQ(directory, free_ports(3))
            settings["connectionString"] = f"amqp://127.0.0.1:{self.server.port}"
            settings.update(deletedWhenUnused="false", deliveryMode="2", publisherConfirm="true")
        elif self.kind == "pubsub.kafka":
            folder = os.path.join(directory, f"{self.name.replace(' ', '-')}-{number}".replace(",", ""))
            self.server = Kafka(folder)
            settings = {**self.server.settings(), **settings}
        elif self.kind == "pubsub.embedded":
            settings["path"] = os.path.join(directory, f"embedded-{number}.db")
        return {"pubsub.yaml": component(self.kind, settings)}

    def end(self):
        """Ends what was started."""
        if self.server is not None:
            self.server.kill()
            self.server = None


class Bench:
    """All scenarios for one binary."""

    def __init__(self, runner, quick, log, size=SIZE):
        self.size = size
        self.runner = runner
        self.quick = quick
        self.log = log
        self.number = 0

    def seconds(self, full, quick):
        """A duration."""
        return quick if self.quick else full

    def with_sidecar(self, broker, work, with_app):
        """Runs `work(sidecar, sink)` with a fresh broker and sidecar."""
        self.number += 1
        resources = broker.prepare(self.runner.directory, self.number)
        path = os.path.join(self.runner.directory, f"app-{self.number}.sock") if broker.unix else None
        sink = Sink(broker.topics, path) if with_app else None
        one = None
        try:
            one = self.runner.start(resources, sink)
            return work(one, sink)
        finally:
            if one is not None:
                one.kill()
            if sink is not None:
                sink.close()
            broker.end()

    # -- floors --------------------------------------------------------------------------------------------------------

    def floors(self):
        """What the machine gives without a sidecar, and an empty handler with one."""
        seconds = self.seconds(3, 1)
        result = {}
        for name, unix in (("driver → sink, TCP", False), ("driver → sink, Unix socket", True)):
            path = os.path.join(self.runner.directory, "floor.sock") if unix else None
            sink = Sink(1, path)
            try:
                cost = Cost(sink.process.pid)
                where = ["--unix", path] if unix else ["--port", sink.port]
                run = drive(*where, "--path", "/events", "--seconds", seconds, "--connections", CONNECTIONS,
                            "--size", self.size)
                result[name] = self.line(run, cost.per_100k(run["ok"]))
            finally:
                sink.close()
        if not ABSENCE:
            result.update(self.kafka_floors())
        server = RedisServer(self.runner.directory, free_ports(1)[0])
        try:
            cost = Cost(server.process.pid)
            events = 60_000 if self.quick else 200_000
            rate = processes.redis_floor(server.port, events, self.size)
            if rate:
                result["redis-benchmark XADD"] = {"per_second": round(rate), "cpu": cost.per_100k(events)}
        finally:
            server.kill()
        self.log("floor of MQTT")
        server = Mosquitto(self.runner.directory, free_ports(1)[0], saves=False)
        try:
            cost = Cost(server.process.pid)
            events = 20_000 if self.quick else 100_000
            result["libmosquitto, QoS 1, publish → receive"] = {
                "per_second": processes.floor("mqtt", server.port, events, self.size), "cpu": cost.per_100k(events)}
        finally:
            server.kill()
        return result

    def kafka_floors(self):
        """What librdkafka gives by itself; the CPU is the client's."""
        server = Kafka(self.runner.directory)
        try:
            run = processes.kafka_floor(server.port, 60_000 if self.quick else 200_000, self.size)
        finally:
            server.close()
        def line(one, **more):
            return {"per_second": one["per_second"], "cpu": {"user": one["cpu"], "system": 0.0, "total": one["cpu"]}, **more}
        produce = run["produce"]
        return {"librdkafka, producing (CPU of the client)": line(produce, p50_ms=produce["p50_ms"], p99_ms=produce["p99_ms"]),
                "librdkafka, consuming (CPU of the client)": line(run["consume"])}

    @staticmethod
    def line(run, cpu):
        """What a table shows of a driver's run."""
        return {"per_second": run["per_second"], "p50_ms": run["p50_ms"], "p99_ms": run["p99_ms"],
                "errors": run["errors"], "cpu": cpu}

    def empty_handler(self, broker):
        """GET /v1.0/healthz as fast as it goes."""
        def work(one, _):
            cost = Cost(one.process.pid)
            run = drive("--port", one.http_port, "--get", "/v1.0/healthz", "--seconds", self.seconds(3, 1),
                        "--connections", CONNECTIONS)
            return self.line(run, cost.per_100k(run["ok"]))
        return self.with_sidecar(broker, work, False)

    # -- brokers -------------------------------------------------------------------------------------------------------

    def publish(self, one, broker, *how):
        """The driver against a sidecar."""
        return drive("--port", one.http_port, "--topics", broker.topics, "--connections", CONNECTIONS, "--size", self.size,
                     *how, timeout=120)

    def publish_only(self, broker):
        """No application: what a publish costs."""
        def work(one, _):
            self.publish(one, broker, "--seconds", 0.3)
            cost = Cost(one.process.pid)
            run = self.publish(one, broker, "--seconds", self.seconds(4, 1))
            return {**self.line(run, cost.per_100k(run["ok"])), "peak_mb": memory(one.process.pid, "VmHWM")}
        return self.with_sidecar(broker, work, False)

    def deliver(self, broker, publish_rate):
        """Publish and deliver: all events of a run, from the first publish to the last delivery."""
        total = int(min(max(publish_rate * self.seconds(3, 1) * 0.6, 10_000), 200_000))

        def work(one, sink):
            self.publish(one, broker, "--total", 2000)
            sink.wait(2000)
            sink.ask("/reset")
            cost, begin = Cost(one.process.pid), time.monotonic()
            run = self.publish(one, broker, "--total", total)
            stats = sink.wait(run["ok"])
            seconds = stats["seconds"] or time.monotonic() - begin
            return {"per_second": round(stats["events"] / seconds), "publish_per_second": run["per_second"],
                    "p50_ms": run["p50_ms"], "p99_ms": run["p99_ms"], "errors": run["errors"],
                    "missing": max(0, run["ok"] - stats["events"]), "again": max(0, stats["events"] - run["ok"]),
                    "cpu": cost.per_100k(stats["events"]), "peak_mb": memory(one.process.pid, "VmHWM")}
        return self.with_sidecar(broker, work, True)

    def latency(self, broker, rate=1000):
        """From the publisher to the application at a fixed rate."""
        def work(one, sink):
            self.publish(one, broker, "--rate", rate, "--seconds", 0.5)
            sink.wait(int(rate * 0.5), stalled=1)
            sink.ask("/reset")
            cost = Cost(one.process.pid)
            run = self.publish(one, broker, "--rate", rate, "--seconds", self.seconds(5, 2))
            stats = sink.wait(run["ok"], stalled=2)
            return {"publish_p50_ms": run["p50_ms"], "publish_p99_ms": run["p99_ms"], "p50_ms": stats["p50_ms"],
                    "p99_ms": stats["p99_ms"], "p999_ms": stats["p999_ms"],
                    "missing": max(0, run["ok"] - stats["events"]), "cpu": cost.per_100k(stats["events"])}
        return self.with_sidecar(broker, work, True)

    def broker(self, broker):
        """The three scenarios of one broker."""
        result = {}
        self.log(f"{broker.name}: publish only")
        result["publish"] = self.publish_only(broker)
        self.log(f"{broker.name}: publish → deliver")
        result["deliver"] = self.deliver(broker, result["publish"]["per_second"])
        self.log(f"{broker.name}: latency at 1,000/s")
        result["latency"] = self.latency(broker)
        return result

    # -- the process ---------------------------------------------------------------------------------------------------

    def footprint(self, broker):
        """Memory when idle and per idle connection, time from start to ready, size of the file."""
        def work(one, _):
            time.sleep(1)
            idle = memory(one.process.pid)
            count = 1000
            holder = subprocess.Popen([os.path.join(processes.BUILT, "publisher"), "--port", str(one.http_port),
                                       "--idle", "--connections", str(count), "--seconds", "10"],
                                      stdout=subprocess.PIPE, text=True)
            try:
                holder.stdout.readline()
                time.sleep(0.5)
                with_connections = memory(one.process.pid)
            finally:
                holder.kill()
                holder.communicate()
            return {"idle_mb": idle, "kb_per_connection": round((with_connections - idle) * 1e3 / count, 2)}
        result = self.with_sidecar(broker, work, True)
        resources, sink = broker.prepare(self.runner.directory, 0), Sink(1)
        try:
            times = [self.runner.milliseconds_to_ready(resources, sink) for _ in range(3 if self.quick else 9)]
        finally:
            sink.close()
            broker.end()
        result["ready_ms"] = round(statistics.median(times), 1)
        result["binary_mb"] = round(os.path.getsize(os.path.realpath(self.runner.program)) / 1e6, 1)
        return result
