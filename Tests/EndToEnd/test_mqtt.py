"""MQTT: the broker restarts, dies, stands still, refuses; the session waits while the sidecar is away."""

import signal
import time
import unittest

from case import MQTT3, MQTT5, SidecarCase, component
from ledger import CONFIRMED, Ledger, Load, event
from mosquitto import Mosquitto
from sidecar import free_ports


class MQTTFaults(SidecarCase):
    def test_restarts_under_load(self):
        broker, app, ledger = self.broker(MQTT3), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=500).start()
        self.addCleanup(load.stop)
        refused = 0
        for number in range(2):
            self.assertTrue(load.wait_confirmed(300 * (number + 1)))
            broker.server.terminate()
            begin = time.monotonic()
            ledger.attempt(f"down-{number}")
            response = one.publish("orders", event(f"down-{number}"), content_type="application/cloudevents+json")
            refused += response.status >= 500
            self.assertLess(time.monotonic() - begin, 6, "a publish without a broker must not hang")
            time.sleep(0.5)
            broker.server.start()
        self.assertTrue(load.wait_confirmed(900), f"publishing did not resume\n{one.tail()}")
        load.stop()
        account = self.settle(ledger, app)
        self.report(account, broker.name, f"2 restarts, {refused} publishes refused meanwhile")
        self.assertEqual(refused, 2, "the broker was not away: the case is invalid")
        self.nothing_lost(account)

    def test_a_kill_of_the_broker_keeps_what_its_file_holds(self):
        """Events with the app, and in the session, when the broker is killed and comes back with its file."""
        broker, app, ledger = self.broker(MQTT5), self.app(answers={"POST /orders": {"delay_ms": 500}}), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=400).start()
        self.assertTrue(load.wait_confirmed(400))
        load.stop()
        broker.server.save()
        unfinished = ledger.count(CONFIRMED) - sum(one.acknowledged for one in list(app.deliveries))
        broker.server.kill()
        time.sleep(0.3)
        broker.server.start()
        account = self.settle(ledger, app)
        self.report(account, broker.name, f"{unfinished} unfinished at the kill")
        self.assertGreater(unfinished, 0, "everything was done before the kill: the case is invalid")
        self.nothing_lost(account)

    def test_standing_still_is_noticed_within_the_keep_alive(self):
        app, ledger = self.app(), Ledger()
        server = Mosquitto(self.directory, free_ports(1)[0])
        self.addCleanup(server.kill)
        one = self.sidecar(app=app, resources={"p.yaml": component(
            "pubsub.mqtt3", url=f"mqtt://127.0.0.1:{server.port}", keepAlive="5s")})
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=200, timeout=30).start()
        self.addCleanup(load.stop)
        self.assertTrue(load.wait_confirmed(200))
        state = server.pause()
        begin = time.monotonic()
        one.wait_line(lambda line: "given up" in line.text, timeout=15)
        noticed = time.monotonic() - begin
        server.resume()
        resumed = time.monotonic()
        confirmed = ledger.count(CONFIRMED)
        self.assertTrue(load.wait_confirmed(confirmed + 200), f"publishing did not resume\n{one.tail()}")
        recovery = time.monotonic() - resumed
        load.stop()
        account = self.settle(ledger, app)
        self.report(account, "mqtt3", f"state {state}, noticed after {noticed:.1f} s (keepAlive 5 s), "
                                      f"back after {recovery:.1f} s")
        self.assertEqual(state, "T", "the broker did not stand still: the case is invalid")
        self.assertLess(noticed, 8)
        self.nothing_lost(account)

    def test_the_session_waits_while_the_sidecar_is_deployed_anew(self):
        """daprd unsubscribes when it stops; what is published then is gone."""
        broker, app = self.broker(MQTT3), self.app()
        one = self.sidecar(broker, app=app)
        one.run()
        broker.server.publish("orders", [event("before")])
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        one.signal(signal.SIGTERM)
        self.assertEqual(one.wait(10), 0)
        broker.server.publish("orders", [event(f"away-{number}") for number in range(100)])
        one.run()
        self.assertTrue(app.wait_until(lambda all: sum(one.path == "/orders" for one in all) >= 101, 10), one.tail())
        ids = [one.event_id for one in app.to("/orders")]
        self.assertEqual(sorted(ids), sorted(["before"] + [f"away-{number}" for number in range(100)]))
        self.assertNotIn("UNSUBSCRIBE", broker.server.log())

    def test_a_broker_that_is_down_at_the_start(self):
        port, app = free_ports(1)[0], self.app()
        one = self.sidecar(app=app, resources={"p.yaml": component("pubsub.mqtt5", url=f"mqtt://127.0.0.1:{port}")})
        one.start()
        one.wait_answering()
        begin = time.monotonic()
        response = one.publish("orders", {"a": 1}, timeout=10)
        took = time.monotonic() - begin
        self.assertEqual(response.status, 500, response)
        self.assertLess(took, 5)
        server = Mosquitto(self.directory, port)
        self.addCleanup(server.kill)
        one.wait_ready(timeout=15)
        # A session gets what is published after its first subscription.
        server.wait_log("Sending SUBACK")
        self.assertEqual(one.publish("orders", {"a": 2}).status, 204)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))

    def test_a_broker_that_refuses_ends_it_with_one_line(self):
        server = Mosquitto(self.directory, free_ports(1)[0], ["allow_anonymous false"])
        self.addCleanup(server.kill)
        one = self.sidecar(app=self.app(), resources={"p.yaml": component(
            "pubsub.mqtt3", url=f"mqtt://user:wrong-secret@127.0.0.1:{server.port}")})
        one.start()
        self.assertEqual(one.wait(10), 1, one.tail())
        said = [line.text for line in one.lines if line.level == "fatal"]
        self.assertEqual(len(said), 1, one.tail())
        self.assertIn("pubsub.mqtt3", said[0])
        self.assertIn("not authori", said[0])
        self.assertNotIn("secret", "\n".join(line.text for line in one.lines))

    def test_wildcards_show_the_real_topic(self):
        subscribe = [{"pubsubname": "pubsub", "topic": "rooms/+/heat", "route": "/heat"}]
        broker, app = self.broker(MQTT3), self.app(subscribe)
        one = self.sidecar(broker, app=app)
        one.run()
        self.assertEqual(one.publish("rooms/kitchen/heat", {"a": 1}).status, 204)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/heat" for one in all), 5), one.tail())
        self.assertEqual(app.to("/heat")[0].json()["topic"], "rooms/kitchen/heat")


if __name__ == "__main__":
    unittest.main()
