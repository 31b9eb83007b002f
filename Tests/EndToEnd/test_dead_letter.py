"""A dead letter topic that cannot be written: the event stays, is tried again, and does not stop the others."""

import threading
import unittest

from case import SidecarCase, on_every_broker
from ledger import CONFIRMED, Ledger, event


@on_every_broker
class UnwritableDeadLetterTopic(SidecarCase):
    def the_event_stays_on(self, make_broker):
        broker, ledger = self.broker(make_broker), Ledger()
        found = broker.unwritable()
        if found is None:
            self.skipTest(f"{broker.name} has no topic that cannot be written while others can")
        dead, mend = found
        app = self.app([{"pubsubname": "pubsub", "topic": "orders", "route": "/orders", "deadLetterTopic": dead}])
        # The first refused dead letter comes after the last publish: mosquitto 2.0.11 ends a connection on which it has denied something.
        published = threading.Event()

        def refuse(delivery):
            if delivery.method != "POST" or delivery.event_id != "bad":
                return None
            published.wait(10)
            return {"status": 500}
        app.on_delivery = refuse
        one = self.sidecar(broker, app=app)
        one.run()
        for event_id in ["bad"] + [f"good-{number}" for number in range(20)]:
            ledger.attempt(event_id)
            answer = one.publish("orders", event(event_id), content_type="application/cloudevents+json")
            self.assertEqual(answer.status, 204, answer.body)
            ledger.settle(event_id, CONFIRMED)
        published.set()
        line = one.wait_line(lambda line: dead in line.text and line.level in ("warning", "error"), timeout=10)
        self.assertIsNotNone(line, f"nothing says that the dead letter topic cannot be written\n{one.tail()}")
        self.assertTrue(app.wait_until(lambda all: sum(one.path == "/orders" and one.event_id.startswith("good") for one in all)
                                       >= 20, 10), "the others were stopped")
        # It is still there: a second sidecar of the dead letters' group finds it as soon as it can be written.
        dead_app = self.app([{"pubsubname": "pubsub", "topic": dead, "route": "/dead"}])
        mend()
        other = self.sidecar(broker, app=dead_app, app_id="dead-letters")
        other.run()
        self.assertTrue(dead_app.wait_until(lambda all: any(one.path == "/dead" and one.acknowledged for one in all), 60),
                        f"the dead letter was lost\n{one.tail()}\n{other.tail()}")
        account = ledger.audit(list(app.deliveries) + list(dead_app.deliveries))
        self.report(account, broker.name, f"not writable: {line.text[:120]!r}")
        self.nothing_lost(account)


if __name__ == "__main__":
    unittest.main()
