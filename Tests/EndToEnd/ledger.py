"""Accounting by event id: what was attempted, what was confirmed, what arrived, and so what was lost.

Every event is in exactly one state of the publisher's side: ATTEMPTED (in flight), CONFIRMED (2xx), REFUSED (a definite
no: no connection, 4xx, 503), UNKNOWN (timeout, reset, other 5xx: it may or may not have been taken). At the end
LOST = confirmed and neither acknowledged by the application nor still in a broker; PHANTOM = delivered but never
attempted; DUP = acknowledged more than once; OVERLAP = the same event in two handlers at one time.
"""

import hashlib
import json
import threading
import time

import wire

ATTEMPTED, CONFIRMED, REFUSED, UNKNOWN = "ATTEMPTED", "CONFIRMED", "REFUSED", "UNKNOWN"


class Account:
    """The result of an audit; `lost`, `phantom`, `duplicates`, `overlaps`, `corrupt` are lists of ids."""

    def __init__(self, states, lost, phantom, duplicates, overlaps, corrupt, delivered):
        self.attempted = len(states)
        self.confirmed = sum(state == CONFIRMED for state in states.values())
        self.refused = sum(state == REFUSED for state in states.values())
        self.unknown = sum(state in (UNKNOWN, ATTEMPTED) for state in states.values())
        self.lost = lost
        self.phantom = phantom
        self.duplicates = duplicates
        self.overlaps = overlaps
        self.corrupt = corrupt
        self.delivered = delivered

    def __str__(self):
        return (f"attempted {self.attempted} confirmed {self.confirmed} refused {self.refused} unknown {self.unknown} "
                f"delivered {self.delivered} lost {len(self.lost)} dup {len(self.duplicates)} "
                f"overlap {len(self.overlaps)} phantom {len(self.phantom)} corrupt {len(self.corrupt)}")


class Ledger:
    """The publisher's side. Thread-safe."""

    def __init__(self):
        self.states = {}
        self.lock = threading.Lock()

    def attempt(self, event_id):
        """Notes an event before its first byte is sent."""
        with self.lock:
            self.states[event_id] = ATTEMPTED

    def settle(self, event_id, state):
        """Notes the outcome."""
        with self.lock:
            self.states[event_id] = state

    def count(self, state):
        """Events in a state."""
        with self.lock:
            return sum(one == state for one in self.states.values())

    def confirmed(self):
        """Ids of confirmed events."""
        with self.lock:
            return {event_id for event_id, state in self.states.items() if state == CONFIRMED}

    def audit(self, deliveries, queued=()):
        """Compares with what the application got; `queued` are ids that a broker or dead-letter topic still holds."""
        handled, spans, corrupt = {}, {}, []
        with self.lock:
            states = dict(self.states)
        for one in deliveries:
            if one.method != "POST":
                continue
            event = one.json()
            event_id = event["id"]
            spans.setdefault(event_id, []).append((one.received_at, one.answered_at or float("inf")))
            if one.acknowledged:
                handled[event_id] = handled.get(event_id, 0) + 1
            data = event.get("data")
            if isinstance(data, dict) and "sha256" in data and digest(data["payload"]) != data["sha256"]:
                corrupt.append(event_id)
        kept = set(handled) | set(queued)
        lost = [event_id for event_id, state in states.items() if state == CONFIRMED and event_id not in kept]
        overlaps = [event_id for event_id, times in spans.items() if overlapping(times)]
        duplicates = [event_id for event_id, count in handled.items() if count > 1]
        phantom = [event_id for event_id in spans if event_id not in states]
        return Account(states, lost, phantom, duplicates, overlaps, corrupt, sum(handled.values()))


def overlapping(times):
    """Whether two of the spans share time."""
    times = sorted(times)
    return any(later[0] < earlier[1] for earlier, later in zip(times, times[1:]))


def digest(payload):
    """What travels beside a payload so that damage is seen."""
    return hashlib.sha256(payload.encode()).hexdigest()


def event(event_id, payload="x", **attributes):
    """A CloudEvent with an id of ours, as bytes."""
    return json.dumps({"specversion": "1.0", "id": event_id, "source": "/e2e", "type": "load",
                       "datacontenttype": "application/json",
                       "data": {"payload": payload, "sha256": digest(payload)}, **attributes}).encode()


class Load:
    """Publishers that go on until `stop`, each on a keep-alive connection that it makes again when it breaks."""

    def __init__(self, port, topic, ledger, run="r", publishers=2, rate=400, pubsub="pubsub", timeout=10.0, size=200):
        self.port = port
        self.path = f"/v1.0/publish/{pubsub}/{topic}"
        self.ledger = ledger
        self.run = run
        self.pause = publishers / rate
        self.timeout = timeout
        self.payload = "p" * size
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._publish, args=(number,), daemon=True)
                        for number in range(publishers)]

    def start(self):
        """Starts the publishers."""
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        """Ends the publishers after their event in flight."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(self.timeout + 5)

    def wait_confirmed(self, count, timeout=20.0):
        """Waits until so many events are confirmed; whether they are."""
        deadline = time.monotonic() + timeout
        while self.ledger.count(CONFIRMED) < count:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _publish(self, number):
        connection, sequence = None, 0
        due = time.monotonic()
        while not self.stopping.is_set():
            due = max(due + self.pause, time.monotonic() - 0.1)
            time.sleep(max(0.0, due - time.monotonic()))
            event_id = f"{self.run}-{number}-{sequence}"
            sequence += 1
            self.ledger.attempt(event_id)
            if connection is None:
                try:
                    connection = wire.Connection(self.port, self.timeout)
                except OSError:
                    self.ledger.settle(event_id, REFUSED)
                    time.sleep(0.02)
                    continue
            connection = self._send(connection, event_id)
        if connection is not None:
            connection.close()

    def _send(self, connection, event_id):
        try:
            response = connection.request("POST", self.path, {"content-type": "application/cloudevents+json"},
                                          event(event_id, self.payload))
        except (OSError, wire.WireError):
            self.ledger.settle(event_id, UNKNOWN)
            connection.close()
            return None
        if 200 <= response.status < 300:
            self.ledger.settle(event_id, CONFIRMED)
        else:
            definite = 400 <= response.status < 500 or response.status == 503
            self.ledger.settle(event_id, REFUSED if definite else UNKNOWN)
        if response.header("connection") == "close":
            connection.close()
            return None
        return connection
