"""The application restarts, hangs, is absent or comes late: the broker keeps what it did not acknowledge."""

import time
import unittest

from case import Embedded, Redis, SidecarCase
from ledger import CONFIRMED, Ledger, Load, event


class Application(SidecarCase):
    def test_restart_under_load_on_embedded(self):
        self.restart(Embedded)

    def test_restart_under_load_on_redis(self):
        self.restart(Redis)

    def restart(self, make_broker):
        broker, app, ledger = self.broker(make_broker), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=500).start()
        self.addCleanup(load.stop)
        for number in range(3):
            self.assertTrue(load.wait_confirmed(200 * (number + 1)))
            before = len(app.deliveries)
            app.die()
            time.sleep(0.7)
            during = len(app.deliveries) - before
            app.listen()
        self.assertTrue(load.wait_confirmed(800))
        load.stop()
        account = self.settle(ledger, app)
        self.report(account, broker.name, f"3 restarts, {during} deliveries began while it was down")
        self.assertLess(during, 50, "the application was not down: the case is invalid")
        self.nothing_lost(account)

    def test_errors_under_load_on_embedded(self):
        self.errors(Embedded)

    def test_errors_under_load_on_redis(self):
        self.errors(Redis)

    def errors(self, make_broker):
        broker, app, ledger = self.broker(make_broker), self.app(), Ledger()
        seen = {}

        def sometimes(delivery):
            """Every tenth event is refused once, in one of four ways."""
            number = seen.setdefault(delivery.event_id, len(seen))
            if number % 10 == 0 and sum(one.event_id == delivery.event_id for one in list(app.deliveries[-2000:])) == 1:
                return [{"status": 500}, {"status": 200, "body": '{"status":"RETRY"}'}, {"reset": True},
                        {"abort": True}][number // 10 % 4]
            return None
        app.on_delivery = lambda delivery: sometimes(delivery) if delivery.method == "POST" else None
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=300).start()
        self.assertTrue(load.wait_confirmed(600))
        load.stop()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            ids = [one.event_id for one in list(app.deliveries) if one.path == "/orders"]
            refused = {event_id for event_id, number in seen.items() if number % 10 == 0}
            if ledger.confirmed() <= set(ids) and all(ids.count(event_id) >= 2 for event_id in refused):
                break
            time.sleep(0.2)
        again = sum(ids.count(event_id) >= 2 for event_id in refused)
        account = self.settle(ledger, app)
        self.report(account, broker.name, f"{len(refused)} refused once, {again} of them delivered again")
        self.assertEqual(again, len(refused))
        self.nothing_lost(account)

    def test_a_hanging_handler_does_not_stop_the_others(self):
        broker, ledger = self.broker(Embedded), Ledger()
        topics = [{"pubsubname": "pubsub", "topic": topic, "route": f"/{topic}"} for topic in ("orders", "other")]
        app = self.app(topics, answers={"/orders": [{"hang": True}, {"status": 200}]})
        one = self.sidecar(broker, app=app)
        one.run()
        self.publish(one, ledger, "orders", ["stuck"])
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        self.publish(one, ledger, "other", [f"free-{number}" for number in range(50)])
        self.assertTrue(app.wait_until(lambda all: sum(one.path == "/other" for one in all) == 50, 5),
                        "another topic waits for the hanging handler")
        app.release()
        account = self.settle(ledger, app)
        self.report(account, broker.name, "one handler hung while 50 others were answered")
        self.nothing_lost(account)

    def publish(self, one, ledger, topic, ids):
        """Publishes events with these ids; all must be confirmed."""
        for event_id in ids:
            ledger.attempt(event_id)
            response = one.publish(topic, event(event_id), content_type="application/cloudevents+json")
            self.assertEqual(response.status, 204)
            ledger.settle(event_id, CONFIRMED)

    def test_late_application_on_embedded(self):
        self.late(Embedded)

    def test_late_application_on_redis(self):
        self.late(Redis)

    def late(self, make_broker):
        """A known subscriber is away at the second start; what is published meanwhile waits for it."""
        broker, app, ledger = self.broker(make_broker), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        self.assertEqual(one.stop(), 0)
        app.die()
        one.start()
        one.wait_ready("/v1.0/healthz/outbound")
        self.assertEqual(one.health(), 500, "ready although the application does not listen")
        self.publish(one, ledger, "orders", [f"early-{number}" for number in range(20)])
        time.sleep(0.5)
        self.assertEqual(app.to("/orders"), [])
        app.listen()
        one.wait_ready()
        account = self.settle(ledger, app)
        self.report(account, broker.name, "20 events were published while nobody listened")
        self.nothing_lost(account)
        self.assertEqual(account.duplicates, [], str(account))

    def test_application_on_a_unix_domain_socket(self):
        broker, ledger = self.broker(Embedded), Ledger()
        app = self.app(unix_path=f"{self.directory}/app.sock")
        one = self.sidecar(broker, app=app)
        one.run()
        self.publish(one, ledger, "orders", [f"unix-{number}" for number in range(20)])
        account = self.settle(ledger, app)
        self.report(account, broker.name, "through a Unix-domain socket")
        self.nothing_lost(account)


if __name__ == "__main__":
    unittest.main()
