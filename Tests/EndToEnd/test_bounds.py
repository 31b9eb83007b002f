"""An application that does not answer while much is published: memory stays bounded, the broker holds the rest."""

import time
import unittest

import wire
from case import Embedded, Redis, SidecarCase
from ledger import CONFIRMED, REFUSED, Ledger, event
from process import resident_mb

EVENTS = 20_000
BODY_BYTES = 4096
LIMIT_MB = 64
BATCH = 200


class Bounds(SidecarCase):
    def pour(self, port, ledger):
        """Publishes many events in pipelined batches, faster than one at a time."""
        connection = wire.Connection(port, timeout=30)
        payload = "x" * BODY_BYTES
        for first in range(0, EVENTS, BATCH):
            ids = [f"event-{number}" for number in range(first, first + BATCH)]
            for event_id in ids:
                ledger.attempt(event_id)
            answers = connection.pipeline([
                wire.encode("POST", "/v1.0/publish/pubsub/orders", {"content-type": "application/cloudevents+json"},
                            event(event_id, payload)) for event_id in ids])
            for event_id, response in zip(ids, answers):
                ledger.settle(event_id, CONFIRMED if response.status == 204 else REFUSED)
        connection.close()

    def hung(self, make_broker):
        broker, app, ledger = self.broker(make_broker), self.app(answers={"/orders": {"hang": True}}), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        begin = time.monotonic()
        self.pour(one.http_port, ledger)
        took = time.monotonic() - begin
        peak, waiting = resident_mb(one.process.pid), len(app.to("/orders"))
        confirmed = ledger.count(CONFIRMED)
        app.release()
        app.answer({"/orders": {"status": 200}})
        moving = app.wait_until(lambda all: sum(one.acknowledged for one in all) > waiting + 2000, 20)
        print(f"{self._testMethodName} {broker.name} attempted {EVENTS} confirmed {confirmed} in {took:.1f} s with "
              f"{waiting} hanging; peak memory {peak:.0f} MB for {EVENTS * BODY_BYTES / 1e6:.0f} MB of events")
        self.assertGreater(waiting, 0, "nothing hung: the case is invalid")
        self.assertGreater(confirmed, EVENTS // 2)
        self.assertLess(peak, LIMIT_MB)
        self.assertTrue(moving, "it did not go on after the application answered")

    def test_a_hanging_application_on_embedded(self):
        self.hung(Embedded)

    def test_a_hanging_application_on_redis(self):
        self.hung(Redis)


if __name__ == "__main__":
    unittest.main()
