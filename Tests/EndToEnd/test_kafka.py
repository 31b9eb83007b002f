"""`pubsub.kafka` under faults, with an account of every event; skipped, with the reason, where there is no Kafka."""

import json
import signal
import time
import unittest

import kafka
import test_backlog
import test_kill
import test_poison
import wire
from case import SUBSCRIBE, SidecarCase, killed
from ledger import CONFIRMED, REFUSED, UNKNOWN, Ledger, Load, event


def keyed(directory):
    """Events without a key pass each other, as on the other brokers."""
    return kafka.Kafka(directory, ordering="key")


@unittest.skipIf(kafka.ABSENCE, f"not run without Kafka: {kafka.ABSENCE}")
class OnKafka(SidecarCase):
    """What the other brokers are held to."""

    killed_sidecar = test_kill.KilledSidecar.nothing_is_lost_on
    others_pass = test_poison.Poison.others_pass_it_on
    after_a_restart = test_poison.Poison.it_is_tried_again_after_a_restart_on
    dead_letters = test_poison.Poison.dead_letter_topic_on
    refuse_poison = staticmethod(test_poison.Poison.refuse_poison)
    publish = test_poison.Poison.publish

    def test_a_killed_sidecar_loses_nothing(self):
        """What is finished and not committed comes twice: at most two commits' worth (500 each) a kill."""
        self.killed_sidecar(kafka.Kafka)

    def test_others_pass_poison(self):
        self.others_pass(keyed)

    def test_poison_is_tried_again_after_a_restart(self):
        self.after_a_restart(kafka.Kafka)

    def test_dead_letters(self):
        self.dead_letters(kafka.Kafka)


@unittest.skipIf(kafka.ABSENCE, f"not run without Kafka: {kafka.ABSENCE}")
class BacklogOnKafka(SidecarCase):
    """100,000 events wait while the application hangs."""

    backlog = test_backlog.Backlog.memory_stays_flat_on
    publish = test_backlog.Backlog.publish

    def test_memory_stays_flat(self):
        keyed.name = "kafka"
        self.backlog(keyed)


@unittest.skipIf(kafka.ABSENCE, f"not run without Kafka: {kafka.ABSENCE}")
class KilledKafka(SidecarCase):
    """Kafka is killed in mid-stream and started again; the sidecar lives on."""

    def outages(self, seconds, rounds):
        """Kills the node so often, for so long, under load."""
        broker, app, ledger = self.broker(kafka.Kafka), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=300).start()
        self.addCleanup(load.stop)
        kills, back = 0, 0.0
        for _ in range(rounds):
            confirmed = ledger.count(CONFIRMED)
            self.assertTrue(load.wait_confirmed(confirmed + 200), "the load does not get through")
            kills += killed(broker.kill())
            time.sleep(seconds)
            broker.start()
            started, confirmed = time.monotonic(), ledger.count(CONFIRMED)
            self.assertTrue(load.wait_confirmed(confirmed + 1, 40), one.tail())
            back = max(back, time.monotonic() - started)
        self.assertTrue(load.wait_confirmed(ledger.count(CONFIRMED) + 200), one.tail())
        load.stop()
        account = self.settle(ledger, app, timeout=60)
        interrupted = ledger.count(UNKNOWN) + ledger.count(REFUSED)
        self.report(account, broker.name, f"kills {kills} of {seconds} s, requests interrupted or refused {interrupted}, "
                                          f"publishing again {back:.1f} s after the node answers")
        self.assertEqual(kills, rounds, "not every kill was one: the case is invalid")
        self.assertGreater(interrupted, 0, "no request met a dead broker: the case is invalid")
        self.nothing_lost(account)
        self.assertEqual(account.overlaps, [])

    def test_kills_in_mid_stream_lose_nothing(self):
        self.outages(0.5, 2)

    def test_half_a_minute_without_a_node_loses_nothing(self):
        self.outages(30, 1)


@unittest.skipIf(kafka.ABSENCE, f"not run without Kafka: {kafka.ABSENCE}")
class GroupOnKafka(SidecarCase):
    """Sidecars of one app share a group; they come and go while handlers take their time."""

    def member(self, broker, app):
        """One more sidecar of the app, working."""
        one = self.sidecar(broker, app=app)
        one.run(timeout=20)
        return one

    def rolled(self, strategy):
        """Each sidecar is replaced in turn under load, with handlers of 50 ms."""
        broker = self.broker(lambda directory: kafka.Kafka(
            directory, partitions=6, ordering="key", consumerGroupRebalanceStrategy=strategy))
        app, ledger = self.app(answers={"POST /orders": {"delay_ms": 50}}), Ledger()
        publisher = self.sidecar(broker, app_id="publisher")
        publisher.run()
        members = [self.member(broker, app) for _ in range(2)]
        load = Load(publisher.http_port, "orders", ledger, rate=200).start()
        self.addCleanup(load.stop)
        for _ in range(4):
            confirmed = ledger.count(CONFIRMED)
            self.assertTrue(load.wait_confirmed(confirmed + 200))
            members.append(self.member(broker, app))
            leaving = members.pop(0)
            self.assertEqual(leaving.stop(), 0, leaving.tail())
        load.stop()
        account = self.settle(ledger, app)
        self.report(account, f"kafka {strategy}", "4 sidecars replaced")
        self.nothing_lost(account)
        return account

    def test_replaced_sidecars_hand_over_with_range(self):
        account = self.rolled("range")
        self.assertEqual(account.duplicates, [], str(account))
        self.assertEqual(account.overlaps, [], str(account))

    def test_replaced_sidecars_lose_nothing_with_sticky(self):
        """librdkafka gives up all partitions when a commit meets a new generation (librdkafka#4908): some come twice then."""
        self.rolled("sticky")

    def test_a_killed_member_is_replaced_by_the_others(self):
        broker, app, ledger = self.broker(kafka.Kafka), self.app(), Ledger()
        members = [self.member(broker, app) for _ in range(2)]
        load = Load(members[1].http_port, "orders", ledger, rate=300).start()
        self.addCleanup(load.stop)
        self.assertTrue(load.wait_confirmed(500))
        members[0].signal(signal.SIGKILL)
        self.assertTrue(killed(members[0].wait(5)), "the kill was none: the case is invalid")
        at = time.monotonic()
        self.assertTrue(load.wait_confirmed(ledger.count(CONFIRMED) + 500))
        load.stop()
        account = self.settle(ledger, app, timeout=30)
        self.report(account, broker.name, f"all delivered {time.monotonic() - at:.1f} s after the kill (session 6 s)")
        self.nothing_lost(account)
        self.assertLessEqual(len(account.duplicates), 2 * 500, str(account))


@unittest.skipIf(kafka.ABSENCE, f"not run without Kafka: {kafka.ABSENCE}")
class FeaturesOnKafka(SidecarCase):
    """Headers, keys, partitions, batches."""

    def test_headers_and_keys_come_back_as_metadata(self):
        broker = self.broker(lambda directory: kafka.Kafka(
            directory, escapeHeaders="true", excludeHeaderMetaRegex="^hidden"))
        app = self.app()
        one = self.sidecar(broker, app=app)
        one.run()
        query = "?metadata.partitionKey=k1&metadata.note=a%20b&metadata.hidden1=x&metadata.partitionNumber=2"
        answer = one.publish("orders", {"a": 1}, query=query)
        self.assertEqual(answer.status, 204, answer.body)
        self.assertEqual(one.publish("orders", {"a": 2}, query="?metadata.partitionNumber=99").status // 100, 5)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 10), one.tail())
        headers = dict(app.to("/orders")[0].headers)
        self.assertEqual(headers.get("__key"), "k1")
        self.assertEqual(headers.get("__partition"), "2")
        self.assertEqual(headers.get("__topic"), "orders")
        self.assertEqual(headers.get("note"), "a+b")
        self.assertIn("__offset", headers)
        self.assertIn("__timestamp", headers)
        self.assertNotIn("hidden1", headers)

    def test_events_go_in_batches(self):
        broker = self.broker(keyed)
        app = self.app([{**SUBSCRIBE[0], "bulkSubscribe": {
            "enabled": True, "maxMessagesCount": 50, "maxAwaitDurationMs": 500}}])

        def accept(delivery):
            if delivery.path != "/orders":
                return None
            entries = delivery.json()["entries"]
            body = {"statuses": [{"entryId": one["entryId"], "status": "SUCCESS"} for one in entries]}
            return {"status": 200, "body": json.dumps(body)}
        app.on_delivery = accept
        one = self.sidecar(broker, app=app)
        one.run()
        entries = [{"entryId": str(number), "event": {"number": number}, "contentType": "application/json"}
                   for number in range(200)]
        response = wire.request(one.http_port, "POST", "/v1.0/publish/bulk/pubsub/orders",
                                {"content-type": "application/json"}, json.dumps(entries).encode(), timeout=20)
        self.assertEqual(response.status, 204, response.body)

        def numbers():
            return [entry["event"]["data"]["number"] for batch in app.to("/orders") for entry in batch.json()["entries"]]
        self.assertTrue(app.wait_until(lambda _: len(numbers()) >= 200, 10), one.tail())
        self.assertEqual(sorted(numbers()), list(range(200)))
        self.assertLess(len(app.to("/orders")), 50)


if __name__ == "__main__":
    unittest.main()
