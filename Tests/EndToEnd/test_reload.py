"""Resources change while the sidecar runs: what is untouched goes on, what is confirmed is delivered, mistakes change nothing."""

import json
import os
import signal
import time
import unittest

from case import Embedded, Redis, SidecarCase, component, killed
from ledger import CONFIRMED, REFUSED, UNKNOWN, Ledger, Load, event

ROUNDS = 5


def subscription(topic, route, name=None, match=None):
    """A declarative Subscription."""
    lines = ["apiVersion: dapr.io/v2alpha1", "kind: Subscription", "metadata:", f"  name: {name or topic}", "spec:",
             "  pubsubname: pubsub", f"  topic: {topic}", "  routes:"]
    if match:
        lines += ["    rules:", f"    - match: {match}", f"      path: {route}"]
    else:
        lines += [f"    default: {route}"]
    return "\n".join(lines) + "\n"


class Reloading(SidecarCase):
    def metadata(self, one):
        return json.loads(one.get("/v1.0/metadata").body)

    def subscriptions(self, one):
        """What the sidecar says it subscribes to: topic → route."""
        return {each["topic"]: each["rules"][0]["path"] for each in self.metadata(one).get("subscriptions", [])}

    def said(self, one, text, since=0, timeout=10):
        line = one.wait_line(lambda line: text in line.text, timeout, since)
        self.assertIsNotNone(line, one.tail(30))
        return line

    def publish(self, one, ledger, topic, event_id):
        ledger.attempt(event_id)
        answer = one.publish(topic, event(event_id), content_type="application/cloudevents+json")
        self.assertEqual(answer.status, 204, answer)
        ledger.settle(event_id, CONFIRMED)

    # -- components --------------------------------------------------------------------------------------------------

    def component_under_load(self, make_broker, changes):
        """The component is made anew several times while events stream through it: none is refused, lost or doubled."""
        broker, app, ledger = self.broker(make_broker), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=800).start()
        self.addCleanup(load.stop)
        for number in range(ROUNDS):
            self.assertTrue(load.wait_confirmed(200 * (number + 1)), one.tail())
            since = len(one.lines)
            one.write("pubsub.yaml", broker.component(**changes[number % len(changes)]))
            self.said(one, "Component closed: pubsub", since)
            self.said(one, "is connected", since)
        self.assertTrue(load.wait_confirmed(ledger.count(CONFIRMED) + 200), one.tail())
        load.stop()
        account = self.settle(ledger, app)
        self.report(account, broker.name, f"component changed {ROUNDS} times")
        self.nothing_lost(account)
        self.assertEqual((account.refused, account.unknown), (0, 0), str(account))
        self.assertEqual(account.duplicates, [], str(account))
        self.assertEqual(one.stop(), 0, one.tail())

    def test_a_component_changes_under_load_with_embedded(self):
        self.component_under_load(Embedded, [{"memoryBytes": "1Mi"}, {"memoryBytes": "2Mi"}])

    def test_a_component_changes_under_load_with_redis(self):
        self.component_under_load(Redis, [{"concurrency": "8"}, {"concurrency": "16"}])

    def test_a_component_goes_and_comes_back(self):
        broker, app, ledger = self.broker(Embedded), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        self.publish(one, ledger, "orders", "before")
        since = len(one.lines)
        one.remove("pubsub.yaml")
        self.said(one, "Component closed: pubsub", since)
        self.assertEqual(one.publish("orders", {"a": 1}).status, 404)
        self.assertEqual(self.metadata(one).get("components"), None)
        one.write("pubsub.yaml", broker.component())
        self.said(one, "is connected", since)
        self.publish(one, ledger, "orders", "after")
        account = self.settle(ledger, app)
        self.nothing_lost(account)
        self.assertEqual(account.duplicates, [], str(account))

    def test_the_first_component_comes_later(self):
        """The application is asked for its subscriptions as soon as there is something to subscribe through."""
        broker, app, ledger = self.broker(Embedded), self.app(), Ledger()
        one = self.sidecar(app=app)
        one.run()
        self.assertEqual(app.to("/dapr/subscribe"), [])
        one.write("pubsub.yaml", broker.component())
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/dapr/subscribe" for one in all), 5), one.tail())
        self.publish(one, ledger, "orders", "first")
        self.nothing_lost(self.settle(ledger, app))

    def test_killed_while_it_reloads(self):
        broker, app, ledger = self.broker(Embedded), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=800).start()
        self.addCleanup(load.stop)
        kills = 0
        for number in range(4):
            self.assertTrue(load.wait_confirmed(200 * (number + 1)), one.tail())
            one.write("pubsub.yaml", broker.component(memoryBytes=f"{number + 1}Mi"))
            time.sleep(0.28 + 0.03 * number)
            one.signal(signal.SIGKILL)
            kills += killed(one.wait(5))
            one.run()
        load.stop()
        account = self.settle(ledger, app)
        self.report(account, broker.name, f"kills {kills} during reloads")
        self.assertEqual(kills, 4)
        self.nothing_lost(account)

    # -- settings that cannot be used --------------------------------------------------------------------------------

    def test_settings_that_are_wrong_change_nothing(self):
        broker, app, ledger = self.broker(Embedded), self.app(), Ledger()
        one = self.sidecar(broker, app=app, flags=["--hot-reload-reconcile-interval", "1s"])
        one.run()
        since = len(one.lines)
        one.write("pubsub.yaml", broker.component(maxBytes="plenty"))
        self.said(one, "stays as it was", since)
        self.publish(one, ledger, "orders", "meanwhile")
        time.sleep(2.5)
        told = [line.text for line in one.lines[since:] if "stays as it was" in line.text]
        self.assertEqual(len(told), 1, "\n".join(told))
        self.assertIn("pubsub.yaml", told[0])
        self.assertFalse(any("Component closed" in line.text for line in one.lines), one.tail())
        self.nothing_lost(self.settle(ledger, app))
        one.write("pubsub.yaml", broker.component(maxBytes="2Gi"))
        self.said(one, "Component closed: pubsub", since)

    def test_settings_that_the_broker_refuses_are_taken_back(self):
        broker, app, ledger = self.broker(Redis), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=400).start()
        self.addCleanup(load.stop)
        self.assertTrue(load.wait_confirmed(100))
        since = len(one.lines)
        one.write("pubsub.yaml", broker.component(redisUsername="nobody", redisPassword="wrong"))
        self.said(one, "its former settings are used again", since)
        load.stop()
        self.publish(one, ledger, "orders", "afterwards")
        account = self.settle(ledger, app)
        self.report(account, broker.name, "new credentials refused")
        self.nothing_lost(account)
        self.assertIsNone(one.process.poll())

    def test_a_broker_that_is_away_is_waited_for(self):
        broker, app, ledger = self.broker(Redis), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        self.publish(one, ledger, "orders", "before")
        self.settle(ledger, app)
        broker.server.kill()
        since = len(one.lines)
        one.write("pubsub.yaml", broker.component(concurrency="8"))
        self.said(one, "Component closed: pubsub", since)
        broker.server.start()
        self.said(one, "is connected", since)
        self.publish(one, ledger, "orders", "after")
        self.nothing_lost(self.settle(ledger, app))

    # -- files -------------------------------------------------------------------------------------------------------

    def test_a_file_that_breaks_changes_nothing_and_is_told_once(self):
        broker, app, ledger = self.broker(Embedded), self.app(subscribe=[]), Ledger()
        one = self.sidecar(broker, app=app, resources={"s.yaml": subscription("orders", "/one")},
                           flags=["--hot-reload-reconcile-interval", "1s"])
        one.run()
        for text in ("kind: [", subscription("orders", "/two", match="event.type.nope("), "spec: {topic: 1"):
            since = len(one.lines)
            one.write("s.yaml", text)
            self.said(one, "s.yaml:", since)
            time.sleep(1.5)
            told = [line.text for line in one.lines[since:] if "s.yaml" in line.text]
            self.assertEqual(len(told), len(set(text.split("msg=")[1] for text in told)), "\n".join(told))
            self.assertEqual(self.subscriptions(one), {"orders": "/one"})
        told = [line.text for line in one.lines if "does not read well" in line.text]
        self.assertEqual(len(told), 1, "\n".join(told))
        self.publish(one, ledger, "orders", "during")
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/one" for one in all), 5), one.tail())
        one.write("s.yaml", subscription("orders", "/mended"))
        self.said(one, "Resources reloaded", since)
        self.publish(one, ledger, "orders", "mended")
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/mended" for one in all), 5), one.tail())
        self.nothing_lost(self.settle(ledger, app))

    def test_two_components_of_one_name_change_nothing(self):
        broker = self.broker(Embedded)
        one = self.sidecar(broker, app=self.app())
        one.run()
        since = len(one.lines)
        one.write("second.yaml", component("pubsub.in-memory"))
        self.said(one, "the resources stay as they were", since)
        self.assertEqual(one.publish("orders", {"a": 1}).status, 204)
        one.remove("second.yaml")
        one.write("third.yaml", component("pubsub.in-memory", name="third"))
        self.said(one, "Component loaded: third", since)

    def test_files_that_are_written_slowly_do_not_flap(self):
        broker, app = self.broker(Embedded), self.app(subscribe=[])
        one = self.sidecar(broker, app=app, resources={"s.yaml": subscription("orders", "/old")})
        one.run()
        path, text = os.path.join(one.resources, "s.yaml"), subscription("orders", "/new")
        since = len(one.lines)
        for _ in range(10):
            with open(path, "w", encoding="utf-8") as file:
                for part in range(0, len(text), 40):
                    file.write(text[part:part + 40])
                    file.flush()
                    time.sleep(0.01)
            os.rename(path, path + "~")  # as editors do: the old one aside, a new one in its place
            time.sleep(0.01)
            os.rename(path + "~", path)
        self.said(one, "Resources reloaded", since)
        time.sleep(0.6)
        told = [line.text for line in one.lines[since:] if "Resources reloaded" in line.text or line.level == "error"]
        self.assertEqual(len(told), 1, "\n".join(told))
        self.assertEqual(self.subscriptions(one), {"orders": "/new"})

    def test_a_directory_that_is_swapped_behind_a_link_is_read(self):
        """As Kubernetes updates a mounted ConfigMap: files are links through `..data`, which is replaced at once."""
        one = self.sidecar(self.broker(Embedded), app=self.app(subscribe=[]))
        links = os.path.join(one.resources, "..data")
        for number in (1, 2):
            version = os.path.join(one.resources, f"..version-{number}")
            os.makedirs(version)
            with open(os.path.join(version, "s.yaml"), "w", encoding="utf-8") as file:
                file.write(subscription("orders", f"/v{number}"))
        os.symlink("..version-1", links)
        os.symlink(os.path.join("..data", "s.yaml"), os.path.join(one.resources, "s.yaml"))
        one.run()
        self.assertEqual(self.subscriptions(one), {"orders": "/v1"})
        since = len(one.lines)
        os.symlink("..version-2", links + ".new")
        os.replace(links + ".new", links)
        self.said(one, "Resources reloaded", since)
        self.assertEqual(self.subscriptions(one), {"orders": "/v2"})

    def test_a_secret_that_changes_is_found(self):
        secrets = os.path.join(self.directory, "secrets.json")

        def put(size):
            with open(secrets + ".new", "w", encoding="utf-8") as file:
                json.dump({"size": size}, file)
            os.replace(secrets + ".new", secrets)
        put("1Mi")
        store = component("secretstores.local.file", name="store", secretsFile=secrets)
        text = component("pubsub.embedded", path=os.path.join(self.directory, "events.db"))
        text += ("  - name: memoryBytes\n    secretKeyRef: {name: size, key: size}\n"
                 "auth: {secretStore: store}\n")
        one = self.sidecar(app=self.app(), resources={"store.yaml": store, "pubsub.yaml": text},
                           flags=["--hot-reload-reconcile-interval", "1s"])
        one.run()
        time.sleep(1.5)
        self.assertFalse(any("Component closed" in line.text for line in one.lines), one.tail())
        put("2Mi")
        self.said(one, "Component closed: pubsub")
        self.assertEqual(one.publish("orders", {"a": 1}).status, 204)

    # -- subscriptions -----------------------------------------------------------------------------------------------

    def subscriptions_under_load(self, make_broker):
        """One subscription changes again and again; it loses nothing, and its neighbour is not touched."""
        broker, app = self.broker(make_broker), self.app(subscribe=[])
        one = self.sidecar(broker, app=app, resources={
            "a.yaml": subscription("steady", "/steady"), "b.yaml": subscription("changing", "/changing-0")})
        one.run()
        ledgers, loads = {}, []
        for topic in ("steady", "changing"):
            ledgers[topic] = Ledger()
            loads.append(Load(one.http_port, topic, ledgers[topic], run=topic, rate=400).start())
            self.addCleanup(loads[-1].stop)
        for number in range(1, ROUNDS + 1):
            self.assertTrue(loads[1].wait_confirmed(100 * number), one.tail())
            one.write("b.yaml", subscription("changing", f"/changing-{number}"))
            self.assertTrue(app.wait_until(
                lambda all, path=f"/changing-{number}": any(one.path == path for one in all), 10), one.tail())
        for load in loads:
            load.stop()
        for topic, ledger in ledgers.items():
            account = self.settle_topic(ledger, app, topic)
            self.report(account, broker.name, f"topic {topic}, {ROUNDS} changes")
            self.nothing_lost(account)
            self.assertEqual((account.duplicates, account.refused, account.unknown), ([], 0, 0), str(account))
        ended = [line.text for line in one.lines if "subscription to topic steady" in line.text]
        self.assertEqual(ended, [])

    def settle_topic(self, ledger, app, topic):
        """The Account of the events of one topic."""
        def of_topic(all):
            return [one for one in all if one.path.startswith(f"/{topic}")]
        wanted = ledger.confirmed()
        app.wait_until(lambda all: wanted <= {one.event_id for one in of_topic(all) if one.acknowledged}, 30)
        time.sleep(0.5)
        return ledger.audit(of_topic(list(app.deliveries)))

    def test_subscriptions_change_under_load_with_embedded(self):
        self.subscriptions_under_load(Embedded)

    def test_subscriptions_change_under_load_with_redis(self):
        self.subscriptions_under_load(Redis)

    # -- policies ----------------------------------------------------------------------------------------------------

    def resiliency(self, retries, duration="100ms"):
        """A Resiliency that tries deliveries of `pubsub` so often again."""
        return "\n".join([
            "apiVersion: dapr.io/v1alpha1", "kind: Resiliency", "metadata: {name: res}", "spec:",
            f"  policies: {{retries: {{r: {{policy: constant, duration: {duration}, maxRetries: {retries}}}}}}}",
            "  targets: {components: {pubsub: {inbound: {retry: r}}}}"]) + "\n"

    def attempts(self, one, app, ledger, event_id, count):
        """Publishes an event that the application refuses; it is tried `count` times, then in the dead letter topic."""
        self.publish(one, ledger, "poor", event_id)
        self.assertTrue(app.wait_until(lambda all: any(each.path == "/dead" and each.event_id == event_id
                                                       for each in all), 10), one.tail())
        self.assertEqual(sum(each.event_id == event_id for each in app.to("/poor")), count, one.tail())

    def policies_under_load(self, make_broker):
        """A Resiliency file comes, changes, breaks and goes while events stream: each failure is treated as the file says then."""
        broker, ledger, refused = self.broker(make_broker), Ledger(), Ledger()
        app = self.app(subscribe=[
            {"pubsubname": "pubsub", "topic": "orders", "route": "/orders"},
            {"pubsubname": "pubsub", "topic": "poor", "route": "/poor", "deadLetterTopic": "dead"},
            {"pubsubname": "pubsub", "topic": "dead", "route": "/dead"}], answers={"/poor": {"status": 500}})
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=400).start()
        self.addCleanup(load.stop)
        self.attempts(one, app, refused, "without", 1)
        for retries in (2, 4):
            self.change(one, lambda: one.write("res.yaml", self.resiliency(retries)), "Policies reloaded: 1")
            self.attempts(one, app, refused, f"retries-{retries}", retries + 1)
        self.change(one, lambda: one.write("res.yaml", self.resiliency("many")), "res.yaml")
        self.attempts(one, app, refused, "broken", 5)
        # What waits for its next attempt when the policy changes is tried once more, and then judged by the new one.
        self.change(one, lambda: one.write("res.yaml", self.resiliency(-1, duration="2s")), "Policies reloaded: 1")
        self.publish(one, refused, "poor", "waiting")
        self.assertTrue(app.wait_until(lambda all: any(each.event_id == "waiting" for each in all), 5), one.tail())
        self.change(one, lambda: one.write("res.yaml", self.resiliency(0)), "Policies reloaded: 1")
        self.assertTrue(app.wait_until(lambda all: any(each.path == "/dead" and each.event_id == "waiting"
                                                       for each in all), 10), one.tail())
        self.assertEqual(sum(each.event_id == "waiting" for each in app.to("/poor")), 2)
        self.change(one, lambda: one.remove("res.yaml"), "Policies reloaded: 0")
        self.attempts(one, app, refused, "gone", 1)
        self.assertTrue(load.wait_confirmed(ledger.count(CONFIRMED) + 100), one.tail())
        load.stop()
        account = self.settle_topic(ledger, app, "orders")
        self.report(account, broker.name, "a Resiliency changed six times")
        self.nothing_lost(account)
        self.assertEqual((account.duplicates, account.refused, account.unknown), ([], 0, 0), str(account))
        self.nothing_lost(self.settle_topic(refused, app, "dead"))
        ended = [line.text for line in one.lines if "subscription to topic" in line.text or "Component closed" in line.text]
        self.assertEqual(ended, [])

    def change(self, one, act, text):
        """Changes a file, and waits until the sidecar has said so."""
        since = len(one.lines)
        act()
        self.said(one, text, since)

    def test_policies_change_under_load_with_embedded(self):
        self.policies_under_load(Embedded)

    def test_policies_change_under_load_with_redis(self):
        self.policies_under_load(Redis)

    # -- SIGHUP ------------------------------------------------------------------------------------------------------

    def test_sighup_restarts_in_the_process(self):
        broker, app, ledger = self.broker(Embedded), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=400).start()
        self.addCleanup(load.stop)
        for number in range(3):
            self.assertTrue(load.wait_confirmed(100 * (number + 1)), one.tail())
            since = len(one.lines)
            one.signal(signal.SIGHUP)
            self.said(one, "dapr initialized", since)
        self.assertTrue(load.wait_confirmed(ledger.count(CONFIRMED) + 100), one.tail())
        load.stop()
        account = self.settle(ledger, app)
        interrupted = ledger.count(UNKNOWN) + ledger.count(REFUSED)
        self.report(account, broker.name, f"3 restarts by SIGHUP, {interrupted} requests interrupted or refused")
        self.nothing_lost(account)
        self.assertEqual(one.stop(), 0, one.tail())

    def test_sigterm_during_a_restart_ends_it(self):
        broker, app = self.broker(Embedded), self.app(answers={"/orders": {"status": 200, "delay_ms": 700}})
        one = self.sidecar(broker, app=app)
        one.run()
        self.assertEqual(one.publish("orders", {"a": 1}).status, 204)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        one.signal(signal.SIGHUP)
        self.said(one, "SIGHUP: restarting")
        one.signal(signal.SIGTERM)
        self.assertEqual(one.wait(10), 0, one.tail())

    def test_hot_reload_can_be_switched_off(self):
        config = ("apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {name: c}\n"
                  "spec:\n  features:\n  - {name: HotReload, enabled: false}\n")
        one = self.sidecar(self.broker(Embedded), app=self.app(), config=config,
                           flags=["--hot-reload-reconcile-interval", "1s"])
        one.run()
        one.write("second.yaml", component("pubsub.in-memory", name="second"))
        time.sleep(1.8)
        self.assertEqual(one.publish("orders", {"a": 1}, pubsub="second").status, 404)


if __name__ == "__main__":
    unittest.main()
