"""What the tests share: temporary directories, brokers, components, and the last line of an accounting."""

import os
import shutil
import signal
import tempfile
import time
import unittest

import app as apps
import mosquitto
import rabbitmq
import redis
import sidecar

SUBSCRIBE = [{"pubsubname": "pubsub", "topic": "orders", "route": "/orders"}]


def component(kind, name="pubsub", **metadata):
    """A Component resource."""
    lines = ["apiVersion: dapr.io/v1alpha1", "kind: Component", "metadata:", f"  name: {name}", "spec:",
             f"  type: {kind}", "  version: v1", "  metadata:" + ("" if metadata else " []")]
    for key, value in metadata.items():
        lines += [f"  - name: {key}", f'    value: "{value}"']
    return "\n".join(lines) + "\n"


class Embedded:
    """The broker inside the binary, on a file that outlives a run."""

    name = "embedded"

    def __init__(self, directory):
        self.path = os.path.join(directory, "events.db")

    def component(self, **more):
        """Its Component resource."""
        return component("pubsub.embedded", path=self.path, **more)

    def unwritable(self):
        """A topic that cannot be written while others can, and what changes that; None where there is none."""
        return None

    def close(self):
        """Nothing to end."""


class Redis:
    """A private redis-server with an append-only file."""

    name = "redis"

    def __init__(self, directory):
        self.server = redis.RedisServer(directory, sidecar.free_ports(1)[0], aof=True)

    def component(self, **more):
        """Its Component resource."""
        return component("pubsub.redis", redisHost=f"127.0.0.1:{self.server.port}", **more)

    def unwritable(self):
        """A topic that may be read but not written, and what changes that."""
        self.server.command("ACL", "SETUSER", "default", "resetkeys", "~orders", "%R~unwritable")
        return "unwritable", lambda: self.server.command("ACL", "SETUSER", "default", "allkeys")

    def close(self):
        """Ends the server."""
        self.server.kill()


class MQTT3:
    """A private mosquitto that writes its file at every change, over MQTT 3.1.1."""

    name = "mqtt3"

    def __init__(self, directory, saves=True):
        self.server = mosquitto.Mosquitto(directory, sidecar.free_ports(1)[0], saves=saves)

    def component(self, **more):
        """Its Component resource."""
        return component("pubsub." + self.name, url=f"mqtt://127.0.0.1:{self.server.port}", **more)

    def unwritable(self):
        """MQTT 3.1.1 has no word for a publish that is refused: the broker says yes and forgets it."""
        return None

    def close(self):
        """Ends the server."""
        self.server.kill()


class MQTT5(MQTT3):
    """The same over MQTT 5."""

    name = "mqtt5"

    def __init__(self, directory, saves=True):
        self.rules = os.path.join(directory, "acl")
        sidecar.write(self.rules, "topic readwrite #\ntopic deny unwritable\n")
        self.server = mosquitto.Mosquitto(directory, sidecar.free_ports(1)[0],
                                          ("allow_anonymous true", f"acl_file {self.rules}"), saves)

    def unwritable(self):
        """A topic that nobody may publish to, and what changes that."""
        def mend():
            # Reading its rules again with SIGHUP, mosquitto 2.0.11 denies everything to who is connected.
            sidecar.write(self.rules, "topic readwrite #\n")
            self.server.save()
            self.server.kill()
            self.server.start()
        return "unwritable", mend


class RabbitMQ:
    """A private RabbitMQ node whose queues stay."""

    name = "rabbitmq"

    def __init__(self, directory, ports=None):
        self.server = rabbitmq.RabbitMQ(directory, ports or sidecar.free_ports(3))

    def component(self, **more):
        """Its Component resource."""
        more.setdefault("deletedWhenUnused", "false")
        return component("pubsub.rabbitmq", connectionString=f"amqp://127.0.0.1:{self.server.port}", **more)

    def unwritable(self):
        """A topic that its user may not publish to, and what changes that."""
        self.server.control("set_permissions", "guest", ".*", "^(?!unwritable$).*", ".*")
        return "unwritable", lambda: self.server.control("set_permissions", "guest", ".*", ".*", ".*")

    def close(self):
        """Ends the node."""
        self.server.kill()


EVERY_BROKER = [Embedded, Redis, MQTT3, MQTT5, RabbitMQ]


def on_every_broker(case):
    """Class decorator: a method `NAME_on(self, make_broker)` becomes a test for each broker."""
    for name in [name for name in vars(case) if name.endswith("_on")]:
        for make in EVERY_BROKER:
            def test(self, name=name, make=make):
                getattr(self, name)(make)
            test.__doc__ = getattr(case, name).__doc__
            setattr(case, f"test_{name}_{make.name}", test)
    return case


class SidecarCase(unittest.TestCase):
    """A test with a directory, and with everything it started ended afterwards."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="martlet-e2e-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.begin = time.monotonic()

    def app(self, subscribe=SUBSCRIBE, **options):
        """An application that is ended with the test."""
        one = apps.App(subscribe, **options)
        self.addCleanup(one.close)
        return one

    def sidecar(self, broker=None, resources=None, **options):
        """A sidecar that is ended with the test; `broker` brings the component `pubsub`."""
        files = dict(resources or {})
        if broker is not None:
            files["pubsub.yaml"] = broker.component()
        one = sidecar.Sidecar(files, **options)
        self.addCleanup(one.close)
        return one

    def broker(self, make):
        """A broker that is ended with the test."""
        one = make(self.directory)
        self.addCleanup(one.close)
        return one

    def settle(self, ledger, app, timeout=30.0, quiet=1.0):
        """Waits until the application acknowledged what was confirmed, then for latecomers; the Account."""
        def done(deliveries):
            wanted = ledger.confirmed()
            return wanted <= {one.event_id for one in deliveries if one.acknowledged}
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not done(list(app.deliveries)):
            time.sleep(0.1)
        while app.wait_until(lambda all, count=len(app.deliveries): len(all) > count, quiet):
            if time.monotonic() > deadline + 10:
                break
        return ledger.audit(list(app.deliveries))

    def report(self, account, broker, evidence):
        """One line per accounting, for the published table."""
        print(f"{self._testMethodName} {broker} {account} in {time.monotonic() - self.begin:.1f} s; {evidence}")

    def nothing_lost(self, account):
        """The promise."""
        self.assertEqual(account.lost, [], str(account))
        self.assertEqual(account.phantom, [], str(account))
        self.assertEqual(account.corrupt, [], str(account))


def killed(status):
    """Whether an exit status is that of SIGKILL: the evidence that a kill was one."""
    return status == -signal.SIGKILL
