"""Bulk publishing and bulk delivery through faults: every entry of a request is accounted for, and so is every event of a batch."""

import json
import signal
import threading
import time
import unittest

import wire
from app import OK
from case import Embedded, Redis, SidecarCase, killed
from ledger import CONFIRMED, REFUSED, UNKNOWN, Ledger, digest

ROUNDS = 3
ENTRIES = 20
SUBSCRIBE = [{"pubsubname": "pubsub", "topic": "orders", "route": "/orders",
              "bulkSubscribe": {"enabled": True, "maxMessagesCount": 25, "maxAwaitDurationMs": 50}}]


class BulkApp:
    """Answers bulk deliveries entry by entry and keeps the book of what it took.

    Of a batch every fifth entry is left for later when it comes first: RETRY, no status at all, or an id of nobody."""

    def __init__(self):
        self.lock = threading.Lock()
        self.seen = {}
        self.taken = {}
        self.batches = []
        self.corrupt = []

    def answer(self, delivery):
        if delivery.method != "POST":
            return None
        statuses = []
        with self.lock:
            entries = delivery.json()["entries"]
            self.batches.append(len(entries))
            for entry in entries:
                data = entry["event"]["data"]
                name = data["name"]
                if digest(data["payload"]) != data["sha256"]:
                    self.corrupt.append(name)
                self.seen[name] = self.seen.get(name, 0) + 1
                number = int(name.rsplit("-", 1)[1])
                if number % 5 == 0 and self.seen[name] == 1:
                    refusal = [{"entryId": entry["entryId"], "status": "RETRY"}, None,
                               {"entryId": "nobody", "status": "SUCCESS"}][number // 5 % 3]
                    statuses += [refusal] if refusal else []
                    continue
                self.taken[name] = self.taken.get(name, 0) + 1
                statuses.append({"entryId": entry["entryId"], "status": "SUCCESS"})
        # Long enough for a kill to meet batches that are at the application.
        return {**OK, "delay_ms": 20, "headers": {"content-type": "application/json"},
                "body": json.dumps({"statuses": statuses})}


class BulkLoad:
    """One publisher of bulk requests; each entry has a state of its own in the ledger."""

    def __init__(self, port, ledger):
        self.port, self.ledger = port, ledger
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.payload = "p" * 200

    def start(self):
        self.thread.start()
        return self

    def stop(self):
        self.stopping.set()
        self.thread.join(15)

    def _run(self):
        number = 0
        while not self.stopping.is_set():
            names = [f"e-{number * ENTRIES + index}" for index in range(ENTRIES)]
            number += 1
            for name in names:
                self.ledger.attempt(name)
            body = json.dumps([{"entryId": name, "contentType": "application/json", "event": {
                "name": name, "payload": self.payload, "sha256": digest(self.payload)}} for name in names])
            failed, other = self._publish(body)
            for name in names:
                self.ledger.settle(name, other if other else UNKNOWN if name in failed else CONFIRMED)
            time.sleep(0.02)

    def _publish(self, body):
        """Ids that are not known to be stored, or the state of all of them."""
        try:
            response = wire.request(self.port, "POST", "/v1.0/publish/bulk/pubsub/orders",
                                    {"content-type": "application/json"}, body.encode(), timeout=10)
        except OSError:
            return set(), REFUSED
        except wire.WireError:
            return set(), UNKNOWN
        if response.status == 204:
            return set(), None
        try:
            return {entry["entryId"] for entry in json.loads(response.body)["failedEntries"]}, None
        except (ValueError, KeyError):
            return set(), UNKNOWN


class BulkThroughKills(SidecarCase):
    def rounds(self, make_broker):
        broker, book, ledger = self.broker(make_broker), BulkApp(), Ledger()
        app = self.app(SUBSCRIBE)
        app.on_delivery = book.answer
        one = self.sidecar(broker, app=app)
        one.run()
        load = BulkLoad(one.http_port, ledger).start()
        self.addCleanup(load.stop)
        kills = 0
        for number in range(ROUNDS):
            target = 300 * (number + 1)
            self.assertTrue(self.wait(lambda: ledger.count(CONFIRMED) >= target), "the load does not get through")
            # Batches are at the application now: the kill comes between their arrival and their answer.
            before = len(book.batches)
            self.assertTrue(self.wait(lambda: len(book.batches) > before))
            one.signal(signal.SIGKILL)
            kills += killed(one.wait(5))
            one.run()
        self.assertTrue(self.wait(lambda: ledger.count(CONFIRMED) >= 300 * (ROUNDS + 1)))
        load.stop()
        confirmed = ledger.confirmed()
        self.wait(lambda: confirmed <= set(book.taken), 40)
        lost = sorted(confirmed - set(book.taken))
        print(f"{self._testMethodName} {broker.name} confirmed {len(confirmed)} lost {len(lost)} batches "
              f"{len(book.batches)} largest {max(book.batches)} kills {kills}")
        self.assertEqual(kills, ROUNDS, "not every kill was one: the case is invalid")
        self.assertEqual(lost, [])
        self.assertEqual(book.corrupt, [])
        self.assertEqual([name for name in book.taken if name not in ledger.states], [])
        self.assertGreater(max(book.batches), 1, "nothing came in batches: the case is invalid")
        self.assertLessEqual(max(book.batches), 25)
        refused = [name for name in confirmed if int(name.rsplit("-", 1)[1]) % 5 == 0]
        self.assertEqual([name for name in refused if book.seen[name] < 2], [], "an entry came once and was refused")

    @staticmethod
    def wait(condition, timeout=20.0):
        """Waits until a condition holds; whether it does."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def test_nothing_is_lost_on_embedded(self):
        self.rounds(Embedded)

    def test_nothing_is_lost_on_redis(self):
        self.rounds(Redis)


if __name__ == "__main__":
    unittest.main()
