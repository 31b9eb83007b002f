"""100,000 events wait while the application hangs: the sidecar takes only what its bound allows, and its memory stays flat."""

import json
import time
import unittest

import wire
from case import SidecarCase, on_every_broker
from process import resident_mb

EVENTS = 100_000
BATCH = 1_000
# Events of 1 KiB: all of them would be 100 MB.
PAYLOAD = "p" * 1_000
# What the sidecar may grow by while everything waits: its bound of events in flight, and buffers.
GROWTH_MB = 24


@on_every_broker
class Backlog(SidecarCase):
    def memory_stays_flat_on(self, make_broker):
        # A mosquitto that writes its file at every change would write 100 MB each time.
        broker = self.broker(lambda directory: make_broker(directory, saves=False) if "mqtt" in make_broker.name
                             else make_broker(directory))
        app = self.app()
        app.answer({"/orders": {"hang": True}})
        self.addCleanup(app.release)
        one = self.sidecar(broker, app=app)
        one.run()
        self.publish(one, 0, BATCH)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 10), one.tail())
        before = resident_mb(one.process.pid, "VmRSS")
        for start in range(BATCH, EVENTS, BATCH):
            self.publish(one, start, BATCH)
        # Whoever reads without bound would have done so by now.
        time.sleep(2)
        grown, asked = resident_mb(one.process.pid, "VmHWM") - before, len(app.to("/orders"))
        app.answer({"/orders": {"status": 200}})
        app.release()
        self.assertTrue(app.wait_until(lambda all: sum(one.acknowledged for one in all) >= asked + 2_000, 30),
                        f"it does not go on\n{one.tail()}")
        print(f"test_memory_stays_flat_on_{broker.name} {EVENTS} waiting, {asked} at the application, memory grew by {grown:.1f} MB")
        self.assertLess(grown, GROWTH_MB)
        self.assertLessEqual(asked, 1_000)

    def publish(self, one, start, count):
        """Publishes a batch of events; all must be taken."""
        entries = [{"entryId": str(number), "event": {"number": start + number, "payload": PAYLOAD},
                    "contentType": "application/json"} for number in range(count)]
        response = wire.request(one.http_port, "POST", "/v1.0/publish/bulk/pubsub/orders",
                                {"content-type": "application/json"}, json.dumps(entries).encode(), timeout=60)
        self.assertEqual(response.status, 204, response.body[:300])


if __name__ == "__main__":
    unittest.main()
