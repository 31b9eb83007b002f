"""Canaries: payloads, tokens, passwords and secrets, with every failure provoked, and nothing that a sidecar says holds one."""

import json
import os
import unittest

import redis
import sidecar
import wire
from case import SidecarCase, component
from collector import Collector

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
# What nobody may ever see outside of the event's own way; each is told apart by its word.
CANARIES = ["payload", "answer", "metadata", "apitoken", "wrongtoken", "apptoken", "password", "username", "setting",
            "otlpheader", "endpointquery", "authorization", "baggage", "invalid", "brokerbody", "putvalue"]
RULES = ["int(event.data.secret) == 1", "event.data.secret.matches('[')", "timestamp(event.data.secret) == timestamp(0)",
         "duration(event.data.secret) == duration('1s')", "event.data.secret + 1 == 2", "event.data[event.data.secret] == 1",
         "bool(event.data.secret)", "'x'.matches('[' + event.data.secret)", "double(event.data.secret) > 1.0", "event.data.secret"]


def canary(word):
    """A string that occurs nowhere by chance."""
    return f"CANARY-{word}-7f3a"


def resource(name, kind, fields, more=""):
    """A Component whose fields may be secrets: {field: value or (key of a secret,)}."""
    text = component(kind, name=name)
    lines = ["  metadata:" if fields else "  metadata: []"]
    for field, value in fields.items():
        lines.append(f"  - name: {field}")
        if isinstance(value, tuple):
            lines += ["    secretKeyRef:", f"      name: {value[0]}", f"      key: {value[0]}"]
        else:
            lines.append(f'    value: "{value}"')
    return text.replace("  metadata: []\n", "\n".join(lines) + "\n") + more


class Secrets(SidecarCase):
    def setUp(self):
        super().setUp()
        self.server = redis.RedisServer(self.directory, sidecar.free_ports(1)[0], password=canary("password"))
        self.addCleanup(self.server.kill)
        self.zipkin, self.otlp = Collector(), Collector(statuses=[200])
        self.addCleanup(self.zipkin.close)
        self.addCleanup(self.otlp.close)

    def resources(self):
        """Redis with a password from a store, a component whose setting is wrong and secret, one whose password is wrong."""
        secrets = os.path.join(self.directory, "secrets.json")
        sidecar.write(secrets, json.dumps({"password": canary("password"), "setting": canary("setting"),
                                           "wrong": canary("username")}))
        store = "auth:\n  secretStore: secrets\n"
        address = f"127.0.0.1:{self.server.port}"
        return {
            "secrets.yaml": resource("secrets", "secretstores.local.file", {"secretsFile": secrets}),
            "pubsub.yaml": resource("pubsub", "pubsub.redis", {
                "redisHost": address, "redisPassword": ("password",), "processingTimeout": "2s",
                "redeliverInterval": "1s"}, store),
            "memory.yaml": component("pubsub.in-memory", name="memory"),
            "wrong.yaml": resource("wrong", "pubsub.redis", {
                "redisHost": address, "redisPassword": ("wrong",)}, store).replace(
                    "  version: v1\n", "  version: v1\n  ignoreErrors: true\n"),
            "setting.yaml": resource("setting", "pubsub.redis", {
                "redisHost": address, "redisPassword": ("password",), "processingTimeout": ("setting",)},
                store).replace("  version: v1\n", "  version: v1\n  ignoreErrors: true\n"),
        }

    def configuration(self):
        """Every exporter at once, everything sampled."""
        return json.dumps({"apiVersion": "dapr.io/v1alpha1", "kind": "Configuration", "metadata": {"name": "c"},
                           "spec": {"metric": {"recordErrorCodes": True}, "tracing": {
                               "samplingRate": "1", "stdout": True, "zipkin": {
                                   "endpointAddress": f"http://127.0.0.1:{self.zipkin.port}/api/v2/spans"
                                                      f"?key={canary('endpointquery')}"},
                               "otel": {"protocol": "http", "endpointAddress": f"127.0.0.1:{self.otlp.port}",
                                        "isSecure": False, "headers": [f"authorization={canary('otlpheader')}"]}}}})

    def post(self, one, path, body, **headers):
        """A request with every secret that a caller may send."""
        fields = {"content-type": "application/json", "traceparent": PARENT, "dapr-api-token": canary("apitoken"),
                  "authorization": canary("authorization"), "baggage": f"k={canary('baggage')}",
                  "dapr-note": "SHOWN-note"}
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        return wire.request(one.http_port, "POST", path, fields, body).status

    def provoke(self, one, app):
        """Every way in which an event or a request can fail."""
        payload = json.dumps({"secret": canary("payload")}).encode()
        for pubsub in ("pubsub", "memory"):
            for topic in ["ok", "fails", "gone", "drops", "odd", "closes"] + [f"rule{n}" for n in range(len(RULES))]:
                path = f"/v1.0/publish/{pubsub}/{topic}?metadata.note={canary('metadata')}"
                self.assertEqual(self.post(one, path, payload), 204)
        invalid = canary("invalid").encode()
        self.post(one, "/v1.0/publish/pubsub/ok", invalid, content_type="application/cloudevents+json")
        self.post(one, "/v1.0/publish/pubsub/ok", b'["' + invalid + b'"]', content_type="application/cloudevents+json")
        self.post(one, f"/v1.0/publish/pubsub/ok?metadata.rawPayload={canary('invalid')}", payload)
        self.post(one, "/v1.0/publish/nope/ok", payload)
        self.post(one, "/v1.0/publish/pubsub/ok", payload, baggage=canary("baggage"))
        self.assertEqual(self.post(one, "/v1.0/publish/pubsub/ok", payload, dapr_api_token=canary("wrongtoken")), 401)
        wire.request(one.http_port, "PUT", "/v1.0/metadata/key", {"dapr-api-token": canary("apitoken")}, b"SHOWN-put")
        # What reaches the topic past the API: no JSON, and no event.
        for body in (canary("brokerbody"), f'{{"id":"x"}} {canary("brokerbody")}'):
            self.redis_add("ok", body)
        self.assertTrue(app.wait_until(lambda all: sum(d.path == "/fails" for d in all) >= 3, 10), one.tail())

    def redis_add(self, topic, body):
        """An entry of a stream, as another publisher would write it."""
        connection = wire.socket.create_connection(("127.0.0.1", self.server.port))
        for words in (["AUTH", canary("password")], ["XADD", topic, "*", "data", body]):
            encoded = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
            connection.sendall(encoded.encode())
            connection.recv(1000)
        connection.close()

    def test_nothing_that_a_sidecar_says_holds_a_secret(self):
        answer = canary("answer")
        routes = [{"pubsubname": pubsub, "topic": topic, "route": "/" + topic, "metadata": {"shown": "SHOWN-subscription"}}
                  for pubsub in ("pubsub", "memory") for topic in ("ok", "fails", "gone", "drops", "odd", "closes")]
        # Rules that fail because of what the data holds.
        routes += [{"pubsubname": pubsub, "topic": f"rule{number}", "routes": {"rules": [{"match": rule, "path": "/x"}]}}
                   for pubsub in ("pubsub", "memory") for number, rule in enumerate(RULES)]
        app = self.app(subscribe=routes, answers={
            "/fails": {"status": 500, "body": answer, "headers": {"x-secret": answer}},
            "/gone": {"status": 404, "body": answer}, "/drops": {"body": f'{{"status":"DROP","why":"{answer}"}}'},
            "/odd": {"body": f'{{"status":"{answer}"}}'}, "/closes": {"abort": True}})
        one = self.sidecar(
            resources=self.resources(), app=app, config=self.configuration(), flags=["--log-level", "debug"],
            env={"DAPR_API_TOKEN": canary("apitoken"), "APP_API_TOKEN": canary("apptoken")}).run()
        self.provoke(one, app)
        said = [one_page(one, "/metrics", one.metrics_port), self.metadata(one)]
        self.server.kill()
        self.assertTrue(one.wait_line(lambda line: "connecting again" in line.text, 10), one.tail())
        payload = json.dumps({"secret": canary("payload")}).encode()
        self.assertEqual(self.post(one, "/v1.0/publish/pubsub/ok", payload), 500)
        said += [one_page(one, "/metrics", one.metrics_port), self.metadata(one)]
        self.assertIsNotNone(self.zipkin.wait_spans(lambda all: any(s["error"] for s in all)), one.tail())
        self.assertEqual(one.stop(), 0)
        for collector in (self.zipkin, self.otlp):
            self.assertGreater(len(collector.spans()), 10)
            said.append(json.dumps(collector.spans()))
        said.append("\n".join(line.text for line in one.lines))
        for word in CANARIES:
            for text in said:
                self.assertFalse(canary(word) in text, excerpt(text, canary(word)))
        self.shown_where_daprd_shows_it(said)
        self.assertEqual(app.to("/ok")[0].header("dapr-api-token"), canary("apptoken"))

    def shown_where_daprd_shows_it(self, said):
        """`dapr-` headers are attributes of the request's span; what a user wrote as metadata is in the metadata answer."""
        metrics, metadata, _, _, zipkin, otlp, log = said
        for text in (zipkin, otlp):
            self.assertIn("SHOWN-note", text)
        for text in ("SHOWN-put", "SHOWN-subscription"):
            self.assertIn(text, metadata)
        for text in (metrics, log):
            self.assertNotIn("SHOWN-", text)

    def metadata(self, one):
        """The answer of the metadata API."""
        return one_page(one, "/v1.0/metadata", one.http_port)


def one_page(one, path, port):
    """The body of a page."""
    return wire.request(port, "GET", path, {"dapr-api-token": canary("apitoken")}).body.decode()


def excerpt(text, word):
    """Where a word stands."""
    at = text.find(word)
    return text[max(0, at - 300):at + 100]


if __name__ == "__main__":
    unittest.main()
