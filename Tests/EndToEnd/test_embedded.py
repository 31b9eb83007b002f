"""The embedded broker: one process per file, what is stored survives, bounds hold."""

import os
import re
import unittest

import wire
from case import SUBSCRIBE, Embedded, SidecarCase, component
from ledger import event


class EmbeddedBroker(SidecarCase):
    def test_a_second_process_is_refused(self):
        broker = self.broker(Embedded)
        first = self.sidecar(broker, app=self.app(), app_id="first-app")
        first.run()
        second = self.sidecar(broker, app=self.app(), app_id="second-app")
        second.start()
        self.assertEqual(second.wait(10), 1, second.tail())
        said = [line.text for line in second.lines if line.level == "fatal"]
        self.assertEqual(len(said), 1, second.tail())
        self.assertRegex(said[0], rf"\b{first.process.pid}\b")
        self.assertIn("first-app", said[0])
        self.assertEqual(first.health(), 204)
        self.assertEqual(first.publish("orders", {"a": 1}).status, 204)

    def test_the_file_is_free_again_after_a_kill(self):
        broker = self.broker(Embedded)
        one = self.sidecar(broker, app=self.app())
        one.run()
        one.kill()
        one.run()
        self.assertEqual(one.publish("orders", {"a": 1}).status, 204)

    def test_events_wait_for_a_subscriber_that_is_known(self):
        broker, app = self.broker(Embedded), self.app(answers={"/orders": {"status": 503}})
        one = self.sidecar(broker, app=app)
        one.run()
        for number in range(10):
            one.publish("orders", event(f"kept-{number}"), content_type="application/cloudevents+json")
        self.assertEqual(one.stop(), 0, one.tail())
        app.answer({"/orders": {"status": 200}})
        one.run()
        wanted = {f"kept-{number}" for number in range(10)}
        self.assertTrue(app.wait_until(
            lambda all: wanted <= {one.event_id for one in all if one.path == "/orders" and one.acknowledged}, 10),
            one.tail())

    def test_two_applications_have_groups_of_their_own(self):
        broker = self.broker(Embedded)
        for app_id in ("one", "two"):
            app = self.app()
            one = self.sidecar(broker, app=app, app_id=app_id)
            one.run()
            one.publish("orders", event(f"from-{app_id}"), content_type="application/cloudevents+json")
            self.assertTrue(app.wait_until(lambda all: any(one.event_id == f"from-{app_id}" for one in all), 5))
            self.assertEqual(one.stop(), 0)

    def test_max_bytes_bounds_the_file(self):
        path = os.path.join(self.directory, "small.db")
        one = self.sidecar(app=self.app(), resources={
            "p.yaml": component("pubsub.embedded", path=path, maxBytes="8Mi")})
        one.run()
        request = wire.encode("POST", "/v1.0/publish/pubsub/orders", {"content-type": "application/json"},
                              b'"' + b"x" * 1024 + b'"')
        connection, statuses, peak = wire.Connection(one.http_port, timeout=30), set(), 0
        for _ in range(240):
            statuses.update(answer.status for answer in connection.pipeline([request] * 200))
            peak = max(peak, sum(os.path.getsize(path + end) for end in ("", "-wal") if os.path.exists(path + end)))
        connection.close()
        print(f"{self._testMethodName} 60 MB published with maxBytes 8Mi, answers {sorted(statuses)}, "
              f"at most {peak / 1e6:.0f} MB on disk")
        self.assertLess(peak, 32 << 20)
        self.assertIsNone(one.process.poll())
        self.assertTrue(statuses <= {204, 429, 500, 503, 507}, statuses)

    def test_a_path_that_cannot_be_used_ends_it(self):
        one = self.sidecar(app=self.app(), resources={
            "p.yaml": component("pubsub.embedded", path="/proc/nothing/events.db")})
        one.start()
        self.assertEqual(one.wait(10), 1, one.tail())
        self.assertTrue(re.search(r"pubsub\.embedded", "\n".join(line.text for line in one.lines)), one.tail())

    def test_in_memory_delivers_to_each_subscription(self):
        app = self.app(SUBSCRIBE)
        one = self.sidecar(app=app, resources={"p.yaml": component("pubsub.in-memory")})
        one.run()
        for number in range(100):
            self.assertEqual(one.publish("orders", {"n": number}).status, 204)
        self.assertTrue(app.wait_until(lambda all: sum(one.path == "/orders" for one in all) == 100, 5))
        self.assertEqual([one.json()["data"]["n"] for one in app.to("/orders")], list(range(100)))


if __name__ == "__main__":
    unittest.main()
