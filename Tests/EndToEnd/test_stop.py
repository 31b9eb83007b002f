"""SIGTERM under load: what is in flight is finished, the rest waits for the next start, nothing comes twice."""

import signal
import time
import unittest

import wire
from case import Embedded, Redis, SidecarCase
from ledger import CONFIRMED, Ledger, Load, event


class StoppedSidecar(SidecarCase):
    def stopped(self, make_broker):
        broker, ledger = self.broker(make_broker), Ledger()
        app = self.app(answers={"/orders": {"status": 200, "delay_ms": 5}})
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=1000).start()
        self.addCleanup(load.stop)
        self.assertTrue(load.wait_confirmed(500))
        begin = time.monotonic()
        status = one.stop()
        took = time.monotonic() - begin
        load.stop()
        waiting = len(ledger.confirmed()) - sum(one.acknowledged for one in app.to("/orders"))
        one.run()
        account = self.settle(ledger, app)
        self.report(account, broker.name, f"exit {status} after {took:.2f} s, {waiting} waited for the next start")
        self.assertEqual(status, 0, one.tail())
        self.assertLess(took, 4)
        self.nothing_lost(account)
        self.assertEqual(account.duplicates, [], str(account))

    def test_embedded(self):
        self.stopped(Embedded)

    def test_redis(self):
        self.stopped(Redis)

    def test_it_says_that_it_stopped(self):
        one = self.sidecar(self.broker(Embedded), app=self.app())
        one.run()
        self.assertEqual(one.stop(), 0)
        self.assertTrue(any("Daprd shutdown gracefully" in line.text for line in one.lines), one.tail())

    def test_sigint_is_graceful_too(self):
        one = self.sidecar(self.broker(Embedded), app=self.app())
        one.run()
        one.signal(signal.SIGINT)
        self.assertEqual(one.wait(5), 0, one.tail())

    def test_shutdown_over_http(self):
        one = self.sidecar(self.broker(Embedded), app=self.app())
        one.run()
        self.assertEqual(wire.request(one.http_port, "POST", "/v1.0/shutdown").status, 204)
        self.assertEqual(one.wait(5), 0, one.tail())

    def test_a_hanging_application_does_not_hold_it(self):
        broker, ledger = self.broker(Embedded), Ledger()
        app = self.app(answers={"/orders": [{"hang": True}, {"status": 200}]})
        one = self.sidecar(broker, app=app)
        one.run()
        ledger.attempt("hung")
        self.assertEqual(one.publish("orders", event("hung"), content_type="application/cloudevents+json").status, 204)
        ledger.settle("hung", CONFIRMED)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5), "never delivered")
        begin = time.monotonic()
        one.signal(signal.SIGTERM)
        status = one.wait(8)
        self.assertIsNotNone(status, "still there 8 s after SIGTERM with a grace of 2 s")
        took = time.monotonic() - begin
        one.run()
        account = self.settle(ledger, app)
        self.report(account, broker.name, f"exit {status} after {took:.2f} s with one delivery hanging")
        self.assertLess(took, 5)
        self.nothing_lost(account)


if __name__ == "__main__":
    unittest.main()
