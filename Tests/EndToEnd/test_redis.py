"""Redis restarts, stands still, is absent at the start, refuses the password."""

import json
import time
import unittest

from case import SUBSCRIBE, Redis, SidecarCase, component
from ledger import CONFIRMED, Ledger, Load, event
from redis import RedisServer
from sidecar import free_ports


class RedisFaults(SidecarCase):
    def test_restart_under_load(self):
        broker, app, ledger = self.broker(Redis), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=500).start()
        self.addCleanup(load.stop)
        refused = 0
        for number in range(2):
            self.assertTrue(load.wait_confirmed(300 * (number + 1)))
            broker.server.kill()
            begin = time.monotonic()
            response = one.publish("orders", event(f"down-{number}"), content_type="application/cloudevents+json")
            refused += response.status >= 500
            self.assertLess(time.monotonic() - begin, 6, "a publish without a broker must not hang")
            time.sleep(0.5)
            broker.server.start()
        ledger.attempt("down-0"), ledger.attempt("down-1")
        self.assertTrue(load.wait_confirmed(900), f"publishing did not resume\n{one.tail()}")
        load.stop()
        account = self.settle(ledger, app)
        pending = broker.server.pending("orders", "e2e")
        self.report(account, broker.name, f"2 restarts, {refused} publishes refused meanwhile, "
                                          f"{pending} pending at the end")
        self.assertEqual(refused, 2, "the broker was not away: the case is invalid")
        self.nothing_lost(account)
        self.assertEqual(pending, 0)

    def test_standing_still_for_five_seconds(self):
        broker, app, ledger = self.broker(Redis), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=300, timeout=15).start()
        self.addCleanup(load.stop)
        self.assertTrue(load.wait_confirmed(200))
        state = broker.server.pause()
        before = len(app.deliveries)
        time.sleep(5)
        during = len(app.deliveries) - before
        broker.server.resume()
        resumed = time.monotonic()
        confirmed = ledger.count(CONFIRMED)
        self.assertTrue(load.wait_confirmed(confirmed + 300), f"publishing did not resume\n{one.tail()}")
        recovery = time.monotonic() - resumed
        load.stop()
        account = self.settle(ledger, app)
        self.report(account, broker.name, f"state {state} for 5 s, {during} deliveries meanwhile, "
                                          f"back after {recovery:.1f} s")
        self.assertEqual(state, "T", "the server did not stand still: the case is invalid")
        self.nothing_lost(account)

    def test_a_broker_that_is_down_at_the_start(self):
        port, app = free_ports(1)[0], self.app()
        one = self.sidecar(app=app, resources={"p.yaml": component("pubsub.redis", redisHost=f"127.0.0.1:{port}")})
        one.start()
        one.wait_answering()
        self.assertEqual(one.health(), 500, one.tail())
        begin = time.monotonic()
        response = one.publish("orders", {"a": 1}, timeout=10)
        took = time.monotonic() - begin
        self.assertEqual(response.status, 500, response)
        self.assertEqual(json.loads(response.body)["errorCode"], "ERR_PUBSUB_PUBLISH_MESSAGE")
        self.assertLess(took, 5)
        self.assertIsNone(one.process.poll(), "it ended because a broker is away")
        server = RedisServer(self.directory, port)
        self.addCleanup(server.kill)
        waited = one.wait_ready(timeout=15)
        self.assertEqual(one.publish("orders", {"a": 2}).status, 204)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        print(f"{self._testMethodName} redis refused after {took:.2f} s, ready {waited:.1f} s after the start")

    def test_a_wrong_password_ends_it_with_one_line(self):
        server = RedisServer(self.directory, free_ports(1)[0], password="right-secret")
        self.addCleanup(server.kill)
        resources = {"p.yaml": component("pubsub.redis", redisHost=f"127.0.0.1:{server.port}",
                                         redisPassword="wrong-secret")}
        one = self.sidecar(app=self.app(), resources=resources)
        one.start()
        self.assertEqual(one.wait(10), 1, one.tail())
        said = [line.text for line in one.lines if line.level == "fatal"]
        self.assertEqual(len(said), 1, one.tail())
        self.assertIn("pubsub.redis", said[0])
        self.assertNotIn("secret", "\n".join(line.text for line in one.lines))

    def test_the_right_password(self):
        server = RedisServer(self.directory, free_ports(1)[0], password="right-secret")
        self.addCleanup(server.kill)
        app = self.app()
        one = self.sidecar(app=app, resources={"p.yaml": component(
            "pubsub.redis", redisHost=f"127.0.0.1:{server.port}", redisPassword="right-secret")})
        one.run()
        self.assertEqual(one.publish("orders", {"a": 1}).status, 204)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))

    def test_the_stream_is_daprs(self):
        """Field names, group and consumer are those of daprd, so that both can work on one stream."""
        broker, app = self.broker(Redis), self.app()
        one = self.sidecar(broker, app=app, app_id="shop")
        one.run()
        self.assertEqual(one.publish("orders", {"a": 1}, query="?metadata.foo=bar").status, 204)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        entry = broker.server.entries("orders")[0][1]
        self.assertEqual(json.loads(entry["data"])["data"], {"a": 1})
        self.assertEqual(json.loads(entry["metadata"]), {"foo": "bar"})
        groups = broker.server.command("XINFO", "GROUPS", "orders")
        self.assertEqual(dict(zip(groups[0][::2], groups[0][1::2]))["name"], "shop")
        deadline = time.monotonic() + 3
        while broker.server.pending("orders", "shop") and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(broker.server.pending("orders", "shop"), 0)

    def test_entries_of_daprd_are_delivered(self):
        broker, app = self.broker(Redis), self.app(SUBSCRIBE)
        broker.server.command("XADD", "orders", "*", "data", event("before").decode())
        one = self.sidecar(broker, app=app)
        one.run()
        broker.server.command("XADD", "orders", "*", "data", event("after").decode())
        self.assertTrue(app.wait_until(lambda all: sum(one.path == "/orders" for one in all) == 2, 5), one.tail())
        self.assertEqual([one.event_id for one in app.to("/orders")], ["before", "after"])


if __name__ == "__main__":
    unittest.main()
