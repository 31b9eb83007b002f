"""Resiliency resources and delivery blocks: how often, when, at what rate, in which order, and what happens at the end."""

import threading
import time
import unittest

from case import Embedded, Redis, SidecarCase, component


class InMemory:
    """The broker that keeps nothing."""

    name = "in-memory"

    def __init__(self, directory):
        """Nothing to keep."""

    def component(self, **more):
        """Its Component resource."""
        return component("pubsub.in-memory", **more)

    def close(self):
        """Nothing to end."""


def resiliency(policies, inbound=None, outbound=None):
    """A Resiliency for the component `pubsub`."""
    lines = ["apiVersion: dapr.io/v1alpha1", "kind: Resiliency", "metadata: {name: res}", "spec:",
             f"  policies: {policies}", "  targets:", "    components:",
             f"      pubsub: {{inbound: {inbound or '{}'}, outbound: {outbound or '{}'}}}"]
    return "\n".join(lines) + "\n"


def subscribe(topic="orders", **more):
    """One entry of the application's list."""
    return {"pubsubname": "pubsub", "topic": topic, "route": f"/{topic}", **more}


DEAD = subscribe("dead")


class Policy(SidecarCase):
    def start(self, make_broker, subscriptions, answers=None, resources=None, flags=()):
        """A broker, an application and a sidecar that run."""
        broker = self.broker(make_broker)
        app = self.app(subscriptions, answers=answers or {})
        one = self.sidecar(broker, resources, app=app, flags=flags)
        one.run()
        return broker, app, one

    def publish(self, one, topic="orders", query=""):
        """Publishes; it must be confirmed."""
        self.assertEqual(one.publish(topic, {"a": 1}, query=query).status, 204, one.tail())

    def came(self, app, one, path, count, timeout=10):
        """Waits for so many deliveries to a path; they."""
        self.assertTrue(app.wait_until(lambda all: sum(each.path == path for each in all) >= count, timeout),
                        f"{len(app.to(path))} came to {path}\n{one.tail()}")
        return app.to(path)

    def quiet(self, app, path, count, seconds=0.6):
        """No further delivery comes to a path."""
        self.assertFalse(app.wait_until(lambda all: sum(each.path == path for each in all) > count, seconds),
                         f"more than {count} came to {path}")

    # -- the same on every broker ------------------------------------------------------------------------------------

    def every_broker(self, check):
        """The same check on each kind of broker."""
        for make in (InMemory, Embedded, Redis):
            with self.subTest(make.name):
                self.setUp()
                check(make)
                self.doCleanups()

    def test_attempts_end_in_the_dead_letter_topic(self):
        def check(make):
            delivery = {"schedule": {"initial": "100ms", "factor": 2, "cap": "1s"}, "attempts": 4}
            _, app, one = self.start(make, [subscribe(deadLetterTopic="dead", delivery=delivery), DEAD],
                                     {"/orders": {"status": 500}})
            self.publish(one)
            self.came(app, one, "/dead", 1)
            times = [each.received_at for each in app.to("/orders")]
            self.assertEqual(len(times), 4)
            pauses = [later - earlier for earlier, later in zip(times, times[1:])]
            for pause, least in zip(pauses, (0.1, 0.2, 0.4)):
                self.assertGreaterEqual(pause, least - 0.01)
            self.quiet(app, "/orders", 4)
        self.every_broker(check)

    def test_a_retry_policy_holds_the_event_and_then_dead_letters_it(self):
        def check(make):
            policy = resiliency("{retries: {r: {policy: constant, duration: 50ms, maxRetries: 2}}}", "{retry: r}")
            _, app, one = self.start(make, [subscribe(deadLetterTopic="dead"), DEAD],
                                     {"/orders": {"status": 500}}, {"res.yaml": policy})
            self.publish(one)
            self.came(app, one, "/dead", 1)
            self.assertEqual(len(app.to("/orders")), 3)
            app.answer({"/orders": [{"status": 503}, {"status": 503}, {"status": 200}]})
            self.publish(one)
            self.came(app, one, "/orders", 6)
            self.quiet(app, "/dead", 1)
        self.every_broker(check)

    def test_outcomes_decide_what_an_answer_means(self):
        def check(make):
            delivery = {"schedule": {"initial": "50ms"},
                        "outcome": {"404": "retry", "409": "success", "4xx": "deadLetter", "410": "drop"}}
            _, app, one = self.start(make, [subscribe(deadLetterTopic="dead", delivery=delivery), DEAD], {
                "/orders": [{"status": 404}, {"status": 404}, {"status": 200}, {"status": 409}, {"status": 410},
                            {"status": 422}]})
            for _ in range(4):
                before = len(app.to("/orders"))
                self.publish(one)
                self.came(app, one, "/orders", 3 if before == 0 else before + 1)
            self.came(app, one, "/dead", 1)
            self.quiet(app, "/orders", 6)
            self.assertEqual(len(app.to("/dead")), 1)
        self.every_broker(check)

    def test_a_call_has_a_deadline_of_its_own(self):
        def check(make):
            delivery = {"deadline": "300ms", "schedule": {"initial": "50ms"}, "attempts": 3}
            _, app, one = self.start(make, [subscribe(delivery=delivery)],
                                     {"/orders": [{"status": 200, "delay_ms": 5000}, {"status": 200}]})
            self.publish(one)
            first, second = self.came(app, one, "/orders", 2, 3)[:2]
            self.assertLess(second.received_at - first.received_at, 2)
            self.quiet(app, "/orders", 2)
        self.every_broker(check)

    def test_a_rate_and_an_order_hold(self):
        def check(make):
            delivery = {"rate": 20, "order": "topic"}
            _, app, one = self.start(make, [subscribe(delivery=delivery)])
            for number in range(30):
                self.assertEqual(one.publish("orders", {"n": number}).status, 204)
            all = self.came(app, one, "/orders", 30)
            self.assertEqual([each.json()["data"]["n"] for each in all], list(range(30)))
            # Twenty at once, and ten more at twenty a second.
            self.assertGreater(all[29].received_at - all[0].received_at, 0.4)
        self.every_broker(check)

    # -- when to come again ------------------------------------------------------------------------------------------

    def test_an_application_says_when_to_come_again(self):
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3))
        for value in ("2", date):
            with self.subTest(value):
                self.setUp()
                delivery = {"schedule": {"initial": "50ms"}, "retryAfter": "honour"}
                _, app, one = self.start(Embedded, [subscribe(delivery=delivery)], {
                    "/orders": [{"status": 503, "headers": {"retry-after": value}}, {"status": 200}]})
                self.publish(one)
                first, second = self.came(app, one, "/orders", 2)[:2]
                self.assertGreater(second.received_at - first.received_at, 0.9)
                self.doCleanups()

    # -- the end of a policy -----------------------------------------------------------------------------------------

    def test_attempts_before_a_restart_count(self):
        delivery = {"schedule": {"initial": "200ms", "factor": 1}, "attempts": 6}
        _, app, one = self.start(Embedded, [subscribe(deadLetterTopic="dead", delivery=delivery), DEAD],
                                 {"/orders": {"status": 500}})
        self.publish(one)
        self.came(app, one, "/orders", 3)
        self.assertEqual(one.stop(), 0, one.tail())
        before = len(app.to("/orders"))
        one.run()
        self.came(app, one, "/dead", 1)
        self.assertEqual(len(app.to("/orders")), 6, f"{before} before the restart")

    def test_without_a_dead_letter_topic_the_event_stays(self):
        for make in (Embedded, Redis):
            with self.subTest(make.name):
                self.setUp()
                policy = resiliency("{retries: {r: {duration: 20ms, maxRetries: 1}}}", "{retry: r}")
                _, app, one = self.start(make, [subscribe()], {"/orders": [{"status": 500}] * 5 + [{"status": 200}]},
                                         {"res.yaml": policy})
                self.publish(one)
                self.came(app, one, "/orders", 6, 15)
                self.quiet(app, "/orders", 6)
                self.doCleanups()

    def test_an_open_breaker_spares_the_application_and_loses_nothing(self):
        policy = resiliency("{circuitBreakers: {c: {timeout: 1s, trip: consecutiveFailures > 2}}}",
                            "{circuitBreaker: c}")
        _, app, one = self.start(Embedded, [subscribe()], {"/orders": {"status": 500}}, {"res.yaml": policy})
        for _ in range(20):
            self.publish(one)
        self.assertIsNotNone(one.wait_line(lambda line: "from closed to open" in line.text), one.tail())
        asked = len(app.to("/orders"))
        self.assertFalse(app.wait_until(lambda all: sum(each.path == "/orders" for each in all) > asked + 20, 0.8))
        app.answer({"/orders": {"status": 200}})
        self.assertTrue(app.wait_until(
            lambda all: len({each.event_id for each in all if each.path == "/orders" and each.acknowledged}) == 20, 20),
            one.tail())
        self.assertIsNotNone(one.wait_line(lambda line: "from half-open to closed" in line.text), one.tail())

    # -- outbound ----------------------------------------------------------------------------------------------------

    def test_a_publish_is_tried_again_until_the_broker_is_back(self):
        policy = resiliency("{retries: {r: {duration: 200ms, maxRetries: 50}}}", outbound="{retry: r}")
        broker, app, one = self.start(Redis, [subscribe()], resources={"res.yaml": policy})
        self.publish(one)
        broker.server.kill()
        back = threading.Timer(1.5, broker.server.start)
        back.start()
        self.addCleanup(back.join)
        self.publish(one)
        self.came(app, one, "/orders", 2)

    def test_a_publish_that_takes_too_long_and_an_open_breaker_are_told(self):
        policy = resiliency("{timeouts: {t: 300ms}, circuitBreakers: {c: {trip: consecutiveFailures > 0}}}",
                            outbound="{timeout: t, circuitBreaker: c}")
        broker, _, one = self.start(Redis, [subscribe()], resources={"res.yaml": policy})
        broker.server.pause()
        self.addCleanup(broker.server.resume)
        begin = time.monotonic()
        late = one.publish("orders", {"a": 1})
        self.assertEqual(late.status, 500)
        self.assertIn(b"context deadline exceeded", late.body)
        self.assertLess(time.monotonic() - begin, 2)
        refused = one.publish("orders", {"a": 1})
        self.assertEqual(refused.status, 500)
        self.assertIn(b"circuit breaker is open", refused.body)

    # -- bounds ------------------------------------------------------------------------------------------------------

    def test_the_application_gets_so_many_calls_at_once_over_all_subscriptions(self):
        topics = ("one", "two", "three")
        most, now, lock = [0], [0], threading.Lock()

        def slowly(delivery):
            if delivery.method != "POST":
                return None
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.05)
            with lock:
                now[0] -= 1
            return None
        broker = self.broker(Embedded)
        app = self.app([subscribe(topic) for topic in topics])
        app.on_delivery = slowly
        one = self.sidecar(broker, app=app, flags=["--app-max-concurrency", "2"])
        one.run()
        for _ in range(10):
            for topic in topics:
                self.publish(one, topic)
        self.assertTrue(app.wait_until(lambda all: sum(each.method == "POST" for each in all) >= 30, 15), one.tail())
        self.assertEqual(most[0], 2)

    # -- what cannot be used -----------------------------------------------------------------------------------------

    def test_a_block_that_cannot_be_used_ends_the_start_with_its_place(self):
        text = "\n".join(["apiVersion: dapr.io/v2alpha1", "kind: Subscription", "metadata: {name: s}", "spec:",
                          "  pubsubname: pubsub", "  topic: orders", "  routes: {default: /orders}", "  delivery:",
                          "    atempts: 3"]) + "\n"
        one = self.sidecar(self.broker(Embedded), {"s.yaml": text}, app=self.app(None))
        one.start()
        self.assertEqual(one.wait(5), 1, one.tail())
        self.assertIn("s.yaml:9: s: spec.delivery.atempts: unknown field; did you mean attempts?", one.tail())

    def test_a_block_in_the_list_that_cannot_be_used_is_told_and_nothing_is_subscribed(self):
        _, app, one = self.start(InMemory, [subscribe(delivery={"outcome": {"500": "deadLetter"}})])
        self.assertIsNotNone(one.wait_line(lambda line: "deadLetter needs a deadLetterTopic" in line.text), one.tail())
        self.publish(one)
        self.quiet(app, "/orders", 0)


if __name__ == "__main__":
    unittest.main()
