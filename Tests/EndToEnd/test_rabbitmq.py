"""RabbitMQ: the broker is killed, stands still behind a silent link, refuses, runs short of memory; what failed goes where dead letters go."""

import signal
import time
import unittest

from case import RabbitMQ, SidecarCase, component
from ledger import CONFIRMED, Ledger, Load, event
from rabbitmq import Link
from sidecar import free_ports

CLOUD = "application/cloudevents+json"


class RabbitMQFaults(SidecarCase):
    """One node for the tests of this file; each test has topics and groups of its own."""

    @classmethod
    def setUpClass(cls):
        import shutil
        import tempfile
        directory = tempfile.mkdtemp(prefix="martlet-e2e-rabbitmq-")
        cls.addClassCleanup(shutil.rmtree, directory, True)
        cls.node = RabbitMQ(directory)
        cls.addClassCleanup(cls.node.close)

    def topic(self):
        """A topic that no other test has."""
        return self._testMethodName

    def subscribed(self, **options):
        """An application that subscribes to the test's topic."""
        return self.app([{"pubsubname": "pubsub", "topic": self.topic(), "route": "/orders"}], **options)

    def started(self, app, port=None, **more):
        """A sidecar at the node, or at a link to it."""
        more.setdefault("deletedWhenUnused", "false")
        one = self.sidecar(app=app, resources={"p.yaml": component(
            "pubsub.rabbitmq", connectionString=f"amqp://127.0.0.1:{port or self.node.server.port}", **more)})
        one.run()
        return one

    def queue(self):
        """The queue of the test's topic."""
        return f"e2e-{self.topic()}"

    def test_a_kill_of_the_broker_under_load_loses_nothing(self):
        app, ledger, server = self.subscribed(), Ledger(), self.node.server
        one = self.started(app)
        load = Load(one.http_port, self.topic(), ledger, rate=300).start()
        self.addCleanup(load.stop)
        refused = 0
        for number in range(2):
            # Between two attempts to connect there may be half a minute.
            self.assertTrue(load.wait_confirmed(300 * (number + 1), 45), one.tail())
            server.kill()
            begin = time.monotonic()
            ledger.attempt(f"down-{number}")
            response = one.publish(self.topic(), event(f"down-{number}"), content_type=CLOUD)
            refused += response.status >= 500
            self.assertLess(time.monotonic() - begin, 6, "a publish without a broker must not hang")
            server.start()
        begin = time.monotonic()
        confirmed = ledger.count(CONFIRMED)
        self.assertTrue(load.wait_confirmed(confirmed + 300, 45), f"publishing did not resume\n{one.tail()}")
        recovery = time.monotonic() - begin
        load.stop()
        account = self.settle(ledger, app)
        left = self.node.server.queues()[self.queue()]
        self.report(account, "rabbitmq", f"2 kills, {refused} publishes refused meanwhile, back after {recovery:.1f} s, "
                                         f"{left} events left in the queue")
        self.assertEqual(refused, 2, "the broker was not away: the case is invalid")
        self.nothing_lost(account)
        self.assertEqual(left, 0)

    def test_a_link_that_goes_silent_is_noticed_by_the_heartbeat(self):
        app, ledger = self.subscribed(), Ledger()
        link = Link(self.node.server.port)
        self.addCleanup(link.close)
        one = self.started(app, link.port, heartBeat="2s")
        load = Load(one.http_port, self.topic(), ledger, rate=200, timeout=30).start()
        self.addCleanup(load.stop)
        self.assertTrue(load.wait_confirmed(200))
        link.silent = True
        begin = time.monotonic()
        one.wait_line(lambda line: "no sign of life" in line.text, timeout=15)
        noticed = time.monotonic() - begin
        swallowed = link.swallowed
        link.silent = False
        link.reset()
        confirmed = ledger.count(CONFIRMED)
        back = time.monotonic()
        self.assertTrue(load.wait_confirmed(confirmed + 200), f"publishing did not resume\n{one.tail()}")
        recovery = time.monotonic() - back
        load.stop()
        account = self.settle(ledger, app)
        self.report(account, "rabbitmq", f"{swallowed} bytes swallowed, noticed after {noticed:.1f} s (heartBeat 2 s), "
                                         f"back after {recovery:.1f} s")
        self.assertGreater(swallowed, 0, "nothing was swallowed: the case is invalid")
        self.assertLess(noticed, 7)
        self.nothing_lost(account)

    def test_a_queue_that_is_deleted_under_load_comes_back(self):
        app, ledger = self.subscribed(), Ledger()
        one = self.started(app)
        load = Load(one.http_port, self.topic(), ledger, rate=200).start()
        self.addCleanup(load.stop)
        self.assertTrue(load.wait_confirmed(200))
        self.node.server.control("delete_queue", self.queue())
        one.wait_line(lambda line: "is gone" in line.text, timeout=10)
        confirmed, begin = ledger.count(CONFIRMED), time.monotonic()
        self.assertTrue(load.wait_confirmed(confirmed + 200), f"publishing did not resume\n{one.tail()}")
        recovery = time.monotonic() - begin
        ledger.attempt("after")
        self.assertEqual(one.publish(self.topic(), event("after"), content_type=CLOUD).status, 204)
        load.stop()
        self.assertTrue(app.wait_until(lambda all: any(one.event_id == "after" for one in all), 10), one.tail())
        account = ledger.audit(list(app.deliveries))
        print(f"{self._testMethodName} rabbitmq {account}; what was in the deleted queue went with it; "
              f"200 more confirmed after {recovery:.1f} s")
        self.assertEqual(account.phantom, [], str(account))
        self.assertLess(len(account.lost), 256)

    def test_what_failed_goes_to_the_dead_letter_queue(self):
        app = self.subscribed(answers={"POST /orders": {"status": 500}})
        one = self.started(app, enableDeadLetter="true")
        for number in range(5):
            self.assertEqual(one.publish(self.topic(), event(f"bad-{number}"), content_type=CLOUD).status, 204)
        deadline = time.monotonic() + 15
        while (queues := self.node.server.queues()).get(f"dlq-{self.queue()}") != 5 and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertEqual((queues[f"dlq-{self.queue()}"], queues[self.queue()]), (5, 0), one.tail())
        self.assertEqual(sum(one.path == "/orders" for one in app.deliveries), 5)

    def test_a_deployment_keeps_what_comes_meanwhile(self):
        app = self.subscribed()
        one = self.started(app)
        self.assertEqual(one.publish(self.topic(), event("before"), content_type=CLOUD).status, 204)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        other = self.started(self.app([]))
        begin = time.monotonic()
        one.signal(signal.SIGTERM)
        self.assertEqual(one.wait(10), 0)
        took = time.monotonic() - begin
        for number in range(100):
            answer = other.publish(self.topic(), event(f"away-{number}"), content_type=CLOUD)
            self.assertEqual(answer.status, 204, answer)
        one.run()
        self.assertTrue(app.wait_until(lambda all: sum(one.path == "/orders" for one in all) >= 101, 10), one.tail())
        ids = [one.event_id for one in app.to("/orders")]
        self.assertEqual(sorted(ids), sorted(["before"] + [f"away-{number}" for number in range(100)]))
        self.assertLess(took, 5)

    def test_a_broker_that_is_down_at_the_start(self):
        ports, app = free_ports(3), self.subscribed()
        one = self.sidecar(app=app, resources={"p.yaml": component(
            "pubsub.rabbitmq", connectionString=f"amqp://127.0.0.1:{ports[0]}", deletedWhenUnused="false")})
        one.start()
        one.wait_answering()
        begin = time.monotonic()
        response = one.publish(self.topic(), {"a": 1}, timeout=10)
        took = time.monotonic() - begin
        self.assertEqual(response.status, 500, response)
        self.assertLess(took, 5)
        self.assertIsNone(one.process.poll(), "it ended because a broker is away")
        late = RabbitMQ(self.directory, ports)
        self.addCleanup(late.close)
        one.wait_ready(timeout=30)
        # A group begins with its first subscription.
        self.assertTrue(self.eventually(lambda: one.publish(self.topic(), {"a": 2}).status == 204
                                        and any(one.path == "/orders" for one in app.deliveries), 15), one.tail())

    @staticmethod
    def eventually(condition, timeout):
        """Whether something comes true in so many seconds."""
        deadline = time.monotonic() + timeout
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.05)
        return condition()

    def test_a_broker_that_refuses_ends_it_with_one_line(self):
        one = self.sidecar(app=self.app(), resources={"p.yaml": component(
            "pubsub.rabbitmq", connectionString=f"amqp://guest:wrong-secret@127.0.0.1:{self.node.server.port}")})
        one.start()
        self.assertEqual(one.wait(10), 1, one.tail())
        said = [line.text for line in one.lines if line.level == "fatal"]
        self.assertEqual(len(said), 1, one.tail())
        for word in ("pubsub.rabbitmq", "ACCESS_REFUSED", "connectionString"):
            self.assertIn(word, said[0])
        self.assertNotIn("secret", "\n".join(line.text for line in one.lines))

    def test_with_ignore_errors_the_others_start(self):
        bad = component("pubsub.rabbitmq", name="bad",
                        connectionString=f"amqp://guest:wrong-secret@127.0.0.1:{self.node.server.port}")
        one = self.sidecar(app=self.app([]), resources={
            "a.yaml": bad.replace("  version: v1\n", "  version: v1\n  ignoreErrors: true\n"),
            "b.yaml": component("pubsub.in-memory")})
        one.run()
        self.assertEqual(one.publish("orders", {"a": 1}).status, 204)
        self.assertNotIn("secret", "\n".join(line.text for line in one.lines))

    def test_a_memory_alarm_refuses_publishes_and_delivers_what_is_there(self):
        ports = free_ports(3)
        node = RabbitMQ(self.directory, ports)
        self.addCleanup(node.close)
        app = self.subscribed(answers={"POST /orders": {"delay_ms": 200}})
        one = self.started(app, ports[0])
        for number in range(20):
            self.assertEqual(one.publish(self.topic(), event(f"e-{number}"), content_type=CLOUD).status, 204)
        node.server.control("set_vm_memory_high_watermark", "absolute", "1MB")
        import threading
        threading.Thread(target=lambda: one.publish(self.topic(), event("first"), content_type=CLOUD, timeout=40),
                         daemon=True).start()
        one.wait_line(lambda line: "takes no events" in line.text, timeout=10)
        begin = time.monotonic()
        response = one.publish(self.topic(), event("refused"), content_type=CLOUD)
        took = time.monotonic() - begin
        self.assertGreaterEqual(response.status, 500)
        self.assertLess(took, 1)
        self.assertTrue(self.eventually(lambda: node.server.queues()[self.queue()] == 0, 15), one.tail())
        node.server.control("set_vm_memory_high_watermark", "0.8")
        one.wait_line(lambda line: "takes events again" in line.text, timeout=10)
        self.assertEqual(one.publish(self.topic(), event("again"), content_type=CLOUD).status, 204)
        self.assertIn("memory resource limit alarm set", node.server.log())


if __name__ == "__main__":
    unittest.main()
