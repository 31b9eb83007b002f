"""Properties of the API, on requests made from its description (operations.py) by a seeded generator.

MARTLET_SEED and MARTLET_REQUESTS choose other ones; a finding says with which seed and which request it comes again.
"""

import base64
import decimal
import json
import os
import re
import unittest
import urllib.parse

import wire
from case import Embedded, SidecarCase, component
from operations import FALLBACK, OPERATIONS, WIRE, Maker
from process import resident_mb

SEED = int(os.environ.get("MARTLET_SEED", "20"))
REQUESTS = int(os.environ.get("MARTLET_REQUESTS", "4000"))
TOPICS = ["orders", "deep/er", "a b"]
ROUTES = [{"pubsubname": "pubsub", "topic": topic, "route": f"/{number}"} for number, topic in enumerate(TOPICS)]
LONE = re.compile("[\ud800-\udfff]")


class Properties(SidecarCase):
    def complaint(self, operation, method, response):
        """What an answer does that the description does not allow; None where there is nothing."""
        promised = dict(FALLBACK)
        for one in [operation] if operation else OPERATIONS:
            for status, codes in one.answers.items():
                promised[status] = None if codes is None else (promised.get(status) or []) + codes
        if response.status not in promised and response.status not in WIRE:
            return "a status that is not described"
        if method == "HEAD":
            return None
        if response.status < 400 or response.header("content-type") != "application/json":
            return None if response.status < 500 or response.status in (501, 505) else "a failure without an error code"
        try:
            error = json.loads(response.body)
        except ValueError:
            return "an error that is no JSON"
        if not isinstance(error.get("message"), str) or not isinstance(error.get("errorCode"), str):
            return "an error without code or message"
        if promised.get(response.status) is not None and error["errorCode"] not in promised[response.status]:
            return f"error code {error['errorCode']} is not described for this status"
        return None

    def exchange(self, connection, request):
        """The final answer to a request."""
        connection.sock.sendall(request.data)
        response = connection.reader.response(request.method)
        return response if response.status != 100 else connection.reader.response(request.method)

    def test_no_request_is_answered_with_what_is_not_described(self):
        """Whatever is asked, the answer is one of the described ones, the next request is served, and memory stays."""
        app = self.app(subscribe=ROUTES)
        one = self.sidecar(resources={"pubsub.yaml": component("pubsub.in-memory", publishingScopes="e2e=" + ",".join(
            TOPICS + ["x", "free"]), allowedTopics=",".join(TOPICS + ["x", "free"]))}, app=app)
        one.run()
        maker, statuses, connection = Maker(SEED, "pubsub", TOPICS), {}, None
        for number in range(REQUESTS):
            request = maker.request()
            connection = connection or wire.Connection(one.http_port)
            told = f"seed {SEED}, request {number}: {request.data!r}"
            try:
                response = self.exchange(connection, request)
            except (OSError, wire.WireError) as error:
                self.assertTrue(request.may_end, f"{error}\n{told}\n{one.tail()}")
                connection.close()
                connection = None
                continue
            self.assertIsNone(self.complaint(request.operation, request.method, response), f"{told}\n{response}")
            statuses[response.status] = statuses.get(response.status, 0) + 1
            if response.header("connection") == "close":
                connection.close()
                connection = None
        self.assertEqual(one.health(), 204)
        self.assertIsNone(one.process.poll())
        self.assertLess(resident_mb(one.process.pid), 120)
        self.assertGreater(statuses.get(204, 0), REQUESTS / 8, f"hardly anything was right: {statuses}")
        for line in one.lines:
            self.assertIn(line.level, ("debug", "info", "warning", "error"), line.text)
        for delivery in app.deliveries:
            if delivery.path not in ("/dapr/subscribe", "/dapr/config"):
                json.loads(delivery.body)
        print(f"{self._testMethodName}: {REQUESTS} requests, seed {SEED}: {dict(sorted(statuses.items()))}")
        self.assertEqual(one.stop(), 0, one.tail())

    def test_what_is_published_is_delivered_as_it_was_meant(self):
        """A model of publishing: of each JSON value, text and bytes, what arrives is what was sent, as daprd reads it."""
        app = self.app(subscribe=ROUTES)
        one = self.sidecar(self.broker(Embedded), app=app)
        one.run()
        maker, expected = Maker(SEED + 1, "pubsub", TOPICS), {}
        for number in range(max(REQUESTS // 8, 50)):
            topic = maker.random.choice(TOPICS)
            kind, body, meant = self.event(maker)
            identity = f"event-{number}"
            answer = one.publish(urllib.parse.quote(topic), body, content_type=kind,
                                 query=f"?metadata.cloudevent.id={identity}")
            self.assertEqual(answer.status, 204, f"seed {SEED}, event {number}: {body!r} {answer}")
            expected[identity] = (topic, kind, meant, body)
        self.assertTrue(app.wait_until(lambda all: sum(one.path[1:].isdigit() for one in all) >= len(expected), 20),
                        one.tail())
        arrived = {}
        for delivery in app.deliveries:
            if delivery.path[1:].isdigit():
                event = parsed(delivery.body.decode())
                self.assertNotIn(event["id"], arrived, "an event came twice")
                arrived[event["id"]] = (TOPICS[int(delivery.path[1:])], event)
        self.assertEqual(set(arrived), set(expected))
        for identity, (topic, kind, meant, body) in expected.items():
            came, event = arrived[identity]
            name, value = meant
            self.assertEqual((came, event["topic"], event["datacontenttype"]), (topic, topic, kind))
            self.assertEqual(canonical(event[name]), canonical(value), f"seed {SEED}: {body!r}")

    def event(self, maker):
        """A content type, a body, and the member of the event that it must become."""
        kind = maker.random.choice(["json", "json", "text", "bytes"])
        if kind == "json":
            text = maker.value()
            while "1e400" in text:  # beyond a double: no JSON to daprd
                text = maker.value()
            return "application/json", text.encode(), ("data", parsed(text))
        if kind == "text":
            text = maker.text(200)
            return "text/plain", text.encode(), ("data", text)
        data = maker.noise()
        return "application/octet-stream", data, ("data_base64", base64.b64encode(data).decode())


def repaired(text):
    """Half a surrogate pair is U+FFFD."""
    return LONE.sub("\ufffd", text)


def parsed(text):
    """JSON as Go reads it: the last of several members counts, numbers exactly, half surrogates replaced."""
    def members(pairs):
        return {repaired(name): value for name, value in pairs}
    return mended(json.loads(text, object_pairs_hook=members, parse_float=decimal.Decimal, parse_int=decimal.Decimal))


def mended(value):
    """All texts of a value repaired."""
    if isinstance(value, str):
        return repaired(value)
    if isinstance(value, list):
        return [mended(one) for one in value]
    if isinstance(value, dict):
        return {name: mended(one) for name, one in value.items()}
    return value


def canonical(value):
    """A text that equal values have in common."""
    return json.dumps(value, sort_keys=True, default=lambda number: f"number {number.normalize()}")


if __name__ == "__main__":
    unittest.main()
