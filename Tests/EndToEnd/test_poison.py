"""An event that the application never accepts: it is tried again with growing pauses and does not stop the others."""

import time
import unittest

from case import Embedded, SidecarCase, on_every_broker
from ledger import CONFIRMED, Ledger, event

DEAD = [{"pubsubname": "pubsub", "topic": "orders", "route": "/orders", "deadLetterTopic": "dead"},
        {"pubsubname": "pubsub", "topic": "dead", "route": "/dead"}]


@on_every_broker
class Poison(SidecarCase):
    def publish(self, one, ledger, ids):
        """Publishes events with these ids; all must be confirmed."""
        for event_id in ids:
            ledger.attempt(event_id)
            response = one.publish("orders", event(event_id), content_type="application/cloudevents+json")
            self.assertEqual(response.status, 204)
            ledger.settle(event_id, CONFIRMED)

    @staticmethod
    def refuse_poison(delivery):
        """500 for the poison event, nothing special for the others."""
        return {"status": 500} if delivery.method == "POST" and delivery.event_id == "poison" else None

    def others_pass_it_on(self, make_broker):
        broker, app, ledger = self.broker(make_broker), self.app(), Ledger()
        app.on_delivery = self.refuse_poison
        one = self.sidecar(broker, app=app)
        one.run()
        self.publish(one, ledger, ["poison"] + [f"good-{number}" for number in range(100)])
        good = {f"good-{number}" for number in range(100)}
        self.assertTrue(app.wait_until(lambda all: good <= {one.event_id for one in all if one.path == "/orders"}, 5),
                        "the poison event stops the others")
        self.assertTrue(app.wait_until(lambda all: sum(one.event_id == "poison" for one in all if one.path == "/orders")
                                       >= 4, 10), f"it is not tried again\n{one.tail()}")
        times = [one.received_at for one in app.to("/orders") if one.event_id == "poison"]
        pauses = [later - earlier for earlier, later in zip(times, times[1:])]
        app.on_delivery = None
        account = self.settle(ledger, app)
        self.report(account, broker.name, "tried again after " + ", ".join(f"{pause:.2f} s" for pause in pauses))
        self.nothing_lost(account)
        self.assertGreater(pauses[0], 0.2, "the first pause is 0.5 s")
        self.assertLess(pauses[0], 1.0, "the first pause is 0.5 s")
        self.assertGreater(pauses[2], pauses[0], "the pauses do not grow")

    def it_is_tried_again_after_a_restart_on(self, make_broker):
        broker, app, ledger = self.broker(make_broker), self.app(), Ledger()
        app.on_delivery = self.refuse_poison
        one = self.sidecar(broker, app=app)
        one.run()
        self.publish(one, ledger, ["poison"])
        self.assertTrue(app.wait_until(lambda all: sum(one.event_id == "poison" for one in all) >= 2, 5))
        self.assertEqual(one.stop(), 0, one.tail())
        app.on_delivery = None
        one.run()
        account = self.settle(ledger, app)
        self.report(account, broker.name, "stopped while the event was waiting for its next try")
        self.nothing_lost(account)

    def dead_letter_topic_on(self, make_broker):
        broker, app, ledger = self.broker(make_broker), self.app(DEAD), Ledger()
        app.on_delivery = lambda one: self.refuse_poison(one) if one.path == "/orders" else None
        one = self.sidecar(broker, app=app)
        one.run()
        self.publish(one, ledger, ["good-1", "poison", "good-2"])
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/dead" for one in all), 10), one.tail())
        time.sleep(1)
        dead = app.to("/dead")
        account = ledger.audit(list(app.deliveries))
        self.report(account, broker.name, f"dead letters {[one.event_id for one in dead]}")
        self.assertEqual([one.event_id for one in dead], ["poison"])
        self.assertEqual(dead[0].body, next(one.body for one in app.to("/orders") if one.event_id == "poison"))
        self.nothing_lost(account)

    def test_a_dropped_event_is_not_tried_again(self):
        broker, app, ledger = self.broker(Embedded), self.app(), Ledger()
        app.answer({"/orders": {"status": 200, "body": '{"status":"DROP"}'}})
        one = self.sidecar(broker, app=app)
        one.run()
        self.publish(one, ledger, ["dropped"])
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        time.sleep(1.2)
        self.assertEqual(len(app.to("/orders")), 1)


if __name__ == "__main__":
    unittest.main()
