"""The application's health: while it is unwell nothing is delivered and the broker keeps everything."""

import time
import unittest

from case import Embedded, Redis, SidecarCase
from ledger import Ledger, Load, event

CHECKED = ["--enable-app-health-check", "--app-health-probe-interval", "1", "--app-health-threshold", "1"]
WELL, UNWELL = {"GET /healthz": {"status": 200}}, {"GET /healthz": {"status": 503}}


class ApplicationHealth(SidecarCase):
    def publish(self, one, ledger, ids):
        for event_id in ids:
            ledger.attempt(event_id)
            answer = one.publish("orders", event(event_id), content_type="application/cloudevents+json")
            self.assertEqual(answer.status, 204)
            ledger.settle(event_id, "CONFIRMED")

    def said(self, one, text, since=0, timeout=5):
        """Waits for a line of the log."""
        line = one.wait_line(lambda line: text in line.text, timeout, since)
        self.assertIsNotNone(line, one.tail())
        return line

    def turn(self, one, app, well):
        """The application turns well or unwell, and the sidecar has noticed."""
        since = len(one.lines)
        app.answer(WELL if well else UNWELL)
        self.said(one, "App entered healthy status" if well else "App entered un-healthy status", since)
        return since

    def pauses(self, make_broker):
        broker, app, ledger = self.broker(make_broker), self.app(), Ledger()
        one = self.sidecar(broker, app=app, flags=CHECKED)
        one.run()
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/dapr/subscribe" for one in all), 5))
        load = Load(one.http_port, "orders", ledger, rate=400).start()
        self.addCleanup(load.stop)
        pauses = 0
        for number in range(2):
            self.assertTrue(load.wait_confirmed(200 * (number + 1)))
            since = self.turn(one, app, well=False)
            self.said(one, "subscription to topic orders", since)
            before = len(app.to("/orders"))
            self.assertTrue(load.wait_confirmed(ledger.count("CONFIRMED") + 100))
            self.assertEqual(len(app.to("/orders")), before, "events reached an application that is unwell")
            self.assertEqual(one.health(), 204)
            pauses += 1
            self.turn(one, app, well=True)
        load.stop()
        account = self.settle(ledger, app)
        self.report(account, broker.name, f"{pauses} pauses")
        self.nothing_lost(account)
        self.assertEqual(account.duplicates, [], str(account))

    def test_deliveries_pause_and_go_on_with_embedded(self):
        self.pauses(Embedded)

    def test_deliveries_pause_and_go_on_with_redis(self):
        self.pauses(Redis)

    def gone(self, make_broker):
        """The application dies and comes back; its probe is what notices."""
        broker, app, ledger = self.broker(make_broker), self.app(), Ledger()
        one = self.sidecar(broker, app=app, flags=CHECKED)
        one.run()
        self.publish(one, ledger, [f"before-{number}" for number in range(20)])
        since = len(one.lines)
        app.die()
        self.said(one, "App entered un-healthy status", since)
        self.publish(one, ledger, [f"away-{number}" for number in range(50)])
        app.listen()
        account = self.settle(ledger, app)
        self.report(account, broker.name, "50 events while the application was gone")
        self.nothing_lost(account)
        self.assertEqual(account.duplicates, [], str(account))

    def test_application_gone_and_back_with_embedded(self):
        self.gone(Embedded)

    def test_application_gone_and_back_with_redis(self):
        self.gone(Redis)

    def test_a_long_pause_does_not_outlast_the_retention(self):
        """A group whose application is unwell is still one that somebody serves: its events are not too old."""
        broker, app, ledger = self.broker(Embedded), self.app(), Ledger()
        one = self.sidecar(app=app, flags=CHECKED, resources={"pubsub.yaml": broker.component(retention="1s")})
        one.run()
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/dapr/subscribe" for one in all), 5))
        self.publish(one, ledger, ["before"])
        since = self.turn(one, app, well=False)
        self.said(one, "pauses until the app is well", since)
        self.publish(one, ledger, [f"kept-{number}" for number in range(50)])
        time.sleep(4)
        self.turn(one, app, well=True)
        account = self.settle(ledger, app)
        self.report(account, broker.name, "unwell for four times the retention")
        self.nothing_lost(account)

    def test_what_is_at_the_application_may_finish(self):
        broker, ledger = self.broker(Embedded), Ledger()
        app = self.app(answers={"/orders": {"status": 200, "delay_ms": 2500}})
        one = self.sidecar(broker, app=app, flags=CHECKED)
        one.run()
        self.publish(one, ledger, ["slow"])
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        self.turn(one, app, well=False)
        account = self.settle(ledger, app, quiet=3.0)
        self.assertEqual((account.delivered, account.lost, account.duplicates), (1, [], []), str(account))

    def test_another_instance_takes_over(self):
        """Two sidecars share a group: the events go to the one whose application is well."""
        broker, ledger, first, second = self.broker(Redis), Ledger(), self.app(), self.app()
        one = self.sidecar(broker, app=first, flags=CHECKED)
        two = self.sidecar(broker, app=second, flags=CHECKED)
        one.run()
        two.run()
        for app in (first, second):
            self.assertTrue(app.wait_until(lambda all: any(one.path == "/dapr/subscribe" for one in all), 5))
        since = self.turn(one, first, well=False)
        self.said(one, "subscription to topic orders", since)
        self.publish(one, ledger, [f"shared-{number}" for number in range(50)])
        account = self.settle(ledger, second)
        self.report(account, broker.name, "one of two instances is unwell")
        self.nothing_lost(account)
        self.assertEqual(len(second.to("/orders")), 50)

    def test_the_end_waits_no_longer_than_the_application_is_well(self):
        broker, app = self.broker(Embedded), self.app()
        one = self.sidecar(broker, app=app, flags=CHECKED + ["--dapr-block-shutdown-duration", "60s"])
        one.run()
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/dapr/subscribe" for one in all), 5))
        self.assertIsNotNone(one.wait_line(lambda line: "App entered healthy status" in line.text))
        one.signal(15)
        self.said(one, "Blocking graceful shutdown")
        app.answer(UNWELL)
        self.said(one, "App reported unhealthy, entering shutdown...")
        self.assertEqual(one.wait(10), 0, one.tail())


if __name__ == "__main__":
    unittest.main()
