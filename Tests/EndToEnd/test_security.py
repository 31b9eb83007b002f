"""Attacks on the API and through events: tokens, scopes, header and log injection, secrets, origins and hosts, strict bodies."""

import gzip
import json
import os
import unittest
import zlib

import wire
from case import Redis, SidecarCase, component
from process import resident_mb

TOKEN = "canary-api-token-4711"
APP_TOKEN = "canary-app-token-4712"
CONFIGURATION = "apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata:\n  name: c\nspec:\n"
STRICT = CONFIGURATION + "  martlet:\n    api:\n      strict: true\n"
JSON = {"content-type": "application/json"}


def subscription(topic, route):
    """What the application says at /dapr/subscribe."""
    return {"pubsubname": "pubsub", "topic": topic, "route": route}


class Security(SidecarCase):
    def start(self, resources=None, **options):
        """A sidecar with the broker in memory."""
        options.setdefault("app", self.app())
        one = self.sidecar(resources=resources or {"p.yaml": component("pubsub.in-memory")}, **options)
        one.run()
        return one

    def ask(self, one, method, path, headers=(), body=None, **options):
        """One request; the Response."""
        return wire.request(one.http_port, method, path, headers, body, **options)

    # -- who may call ------------------------------------------------------------------------------------------------

    def test_only_the_whole_token_in_its_header_opens_the_api(self):
        one = self.start(env={"DAPR_API_TOKEN": TOKEN})
        publish = "/v1.0/publish/pubsub/orders"
        wrong = ["", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f"Bearer {TOKEN}", f'"{TOKEN}"', TOKEN + ", " + TOKEN]
        for value in wrong:
            with self.subTest(value):
                answer = self.ask(one, "POST", publish, {"dapr-api-token": value, **JSON}, b"1")
                self.assertEqual((answer.status, answer.body), (401, b"invalid api token\n"))
        for path in (f"{publish}?dapr-api-token={TOKEN}", f"{publish}?/healthz", "/v1.0/publish/pubsub/healthz",
                     "/v1.0/publish/pubsub/x/healthz", "/v1.0/metadata?x=/v1.0/healthz", "/v1.0/metadata#/healthz",
                     "/v1.0/healthz/../metadata", "/v1.0/healthz/../publish/pubsub/orders", "/v1.0/healthz%2F..%2Fmetadata",
                     "/v1.0/healthz/x", "//v1.0/metadata/", "/V1.0/metadata", "/healthz"):
            with self.subTest(path):
                for method in ("GET", "POST"):
                    answer = self.ask(one, method, path, JSON, b"1" if method == "POST" else None)
                    self.assertEqual(answer.status, 401, answer)
        self.assertEqual(self.ask(one, "POST", publish, [("dapr-api-token", "no"), ("dapr-api-token", TOKEN)], b"1").status, 401)
        self.assertEqual(self.ask(one, "POST", publish, {"Dapr-API-Token": TOKEN, **JSON}, b"1").status, 204)
        self.assertEqual(one.get("/v1.0/healthz").status, 204)
        self.assertTrue(one.app.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        self.assertEqual(len(one.app.to("/orders")), 1)

    def test_no_spelling_of_a_forbidden_topic_passes(self):
        app = self.app([subscription(topic, f"/{number}") for number, topic in enumerate(("open", "secret", "Secret"))])
        one = self.start({"p.yaml": component("pubsub.in-memory", publishingScopes="e2e=open",
                                              protectedTopics="secret")}, app=app)
        spellings = ["secret", "%73ecret", "%73%65%63%72%65%74", "./secret", "x/../secret", "secret/", "/secret",
                     "open/../secret", "open%2F..%2Fsecret", "..%2Fpubsub%2Fsecret", "secret%23", "secret%3F", "secret%00",
                     "secret%20", "+secret", "Secret", "SECRET", "s\u0435cret", "secret%2F", "secret;x", "*", "open,secret"]
        for spelling in spellings:
            with self.subTest(spelling):
                for path in (f"/v1.0/publish/pubsub/{spelling}", f"/v1.0/publish/pubsub/{spelling}?metadata.rawPayload=true"):
                    answer = self.ask(one, "POST", path, JSON, b"1")
                    self.assertIn(answer.status, (403, 404, 400), answer)
        entries = b'[{"entryId":"1","event":1,"contentType":"application/json"}]'
        for path in ("/v1.0/publish/bulk/pubsub/secret", "/v1.0-alpha1/publish/bulk/pubsub/%73ecret"):
            self.assertGreaterEqual(self.ask(one, "POST", path, JSON, entries).status, 400)
        self.assertEqual(one.publish("open", 1).status, 204)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/0" for one in all), 5))
        self.assertEqual(app.to("/1") + app.to("/2"), [])

    def test_a_page_of_another_origin_or_host_is_refused(self):
        config = CONFIGURATION + "  martlet:\n    api:\n      allowedHosts: [localhost, 127.0.0.1, '::1']\n"
        one = self.start(config=config, flags=["--allowed-origins", "http://good.test,https://*.good.test"])
        preflight = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
        for origin, allowed in (("http://good.test", True), ("https://a.good.test", True), ("HTTP://GOOD.TEST", True),
                                ("http://good.test.evil.test", False), ("http://evil.test", False), ("null", False),
                                ("http://a.good.test", False), ("http://good.test:81", False), ("https://.good.testx", False)):
            with self.subTest(origin):
                answer = self.ask(one, "OPTIONS", "/v1.0/publish/pubsub/orders", {"origin": origin, **preflight})
                self.assertEqual(answer.header("access-control-allow-origin"), origin if allowed else None)
                answer = self.ask(one, "POST", "/v1.0/publish/pubsub/orders", {"origin": origin, **JSON}, b"1")
                self.assertEqual(answer.header("access-control-allow-origin"), origin if allowed else None)
                self.assertIn("Origin", answer.header("vary"))
        for host, status in (("localhost", 204), ("LOCALHOST:3500", 204), ("[::1]:3500", 204), ("127.0.0.1", 204),
                             ("evil.test", 421), ("localhost.evil.test", 421), ("", 421)):
            with self.subTest(host):
                forwarded = {"x-forwarded-host": "localhost" if status == 421 else "evil.test"}
                self.assertEqual(self.ask(one, "POST", "/v1.0/publish/pubsub/orders",
                                          {"host": host, **JSON, **forwarded}, b"1").status, status)

    def test_a_strict_api_listens_on_loopback_only(self):
        one = self.start(config=STRICT, flags=["--dapr-listen-addresses", ""])
        with open(f"/proc/{one.process.pid}/net/tcp", encoding="ascii") as table:
            listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
        self.assertIn(f"0100007F:{one.http_port:04X}", listening)
        self.assertNotIn(f"00000000:{one.http_port:04X}", listening)

    # -- what is sent ------------------------------------------------------------------------------------------------

    def test_a_strict_api_refuses_bodies_that_mean_two_things(self):
        one = self.start(config=STRICT)
        for body in (b'{"a":1,"a":2}', b'"\xff"', b'"\\ud800"', b"1e400", b"[" * 100_000, b"{", b'{"a":"\0"}'):
            with self.subTest(body[:20]):
                for kind in ("application/json", "application/cloudevents+json; charset=utf-8"):
                    answer = self.ask(one, "POST", "/v1.0/publish/pubsub/orders", {"content-type": kind}, body)
                    self.assertEqual(answer.status, 400, answer)
                    self.assertEqual(json.loads(answer.body)["errorCode"], "ERR_MALFORMED_REQUEST")
        self.assertEqual(one.publish("orders", b"\xff\xfe", content_type="text/plain").status, 400)
        self.assertEqual(one.publish("orders", b"\xff\xfe", content_type="application/octet-stream").status, 204)
        self.assertEqual(one.publish("orders", {"a": "grüße"}).status, 204)

    def test_a_strict_api_refuses_a_long_body_before_it_comes(self):
        one = self.start(config=STRICT)
        for framing in (b"Content-Length: 10737418240", b"Content-Length: 5242880\r\nExpect: 100-continue",
                        b"Content-Length: 4194305"):
            with self.subTest(framing), wire.connect(one.http_port, timeout=5) as sock:
                sock.sendall(b"POST /v1.0/publish/pubsub/orders HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n")
                answer = wire.Reader(sock).response("POST")
                self.assertEqual((answer.status, json.loads(answer.body)["errorCode"]), (413, "ERR_BODY_TOO_LARGE"))
                self.assertEqual(answer.header("connection"), "close")
        with wire.connect(one.http_port, timeout=5) as sock:
            sock.sendall(b"POST /v1.0/publish/pubsub/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n280000000\r\n")
            self.assertEqual(wire.Reader(sock).response("POST").status, 413)
        self.assertEqual(self.ask(one, "GET", "/v1.0/healthz").status, 204)

    def test_a_compressed_bomb_stays_as_small_as_it_came(self):
        one = self.start()
        bomb = gzip.compress(b"\0" * (200 << 20))
        self.assertLess(len(bomb), 1 << 20)
        before = resident_mb(one.process.pid, "VmHWM")
        for encoding, body in (("gzip", bomb), ("deflate", zlib.compress(b"\0" * (200 << 20)))):
            answer = self.ask(one, "POST", "/v1.0/publish/pubsub/orders",
                              {"content-type": "application/octet-stream", "content-encoding": encoding}, body)
            self.assertEqual(answer.status, 204)
        self.assertTrue(one.app.wait_until(lambda all: sum(one.path == "/orders" for one in all) == 2, 5))
        self.assertLess(resident_mb(one.process.pid, "VmHWM") - before, 32)

    def test_metadata_of_an_event_cannot_become_other_headers(self):
        broker, app = self.broker(Redis), self.app()
        one = self.sidecar(broker, app=app, env={"APP_API_TOKEN": APP_TOKEN})
        one.run()
        poison = ["metadata.a=1%0D%0AEvil:%201", "metadata.b=1%0A%0AEvil:%201", "metadata.c=%00%1B%5B31m",
                  "metadata.d%0D%0AEvil=1", "metadata.Evil:=1"]
        queries = ["metadata.host=evil.test", "metadata.content-length=3", "metadata.Transfer-Encoding=chunked",
                   "metadata.connection=close,%20pubsubname", "metadata.upgrade=h2c", "metadata.te=trailers",
                   "metadata.dapr-api-token=stolen", "metadata.Dapr-API-Token=stolen", "metadata.traceparent=evil",
                   "metadata.pubsubname=evil", "metadata.content-type=text/evil", "metadata.user-agent=evil"]
        for query in poison + queries:
            self.assertEqual(one.publish("orders", {"q": query}, query=f"?{query}").status, 204)
        self.assertTrue(app.wait_until(
            lambda all: {one.json()["data"]["q"] for one in all if one.path == "/orders"} >= set(queries), 10), one.tail())
        for name in "abcd":
            self.assertIsNotNone(one.wait_line(lambda line, name=name: f'metadata pair \\"{name}' in line.text, 5), one.tail())
        self.assertEqual([one for one in app.to("/orders") if one.json()["data"]["q"] in poison], [])
        for delivery in app.to("/orders"):
            headers = delivery.headers
            self.assertNotIn("evil", [name for name, _ in headers])
            self.assertEqual([value for name, value in headers if name == "host"], [f"127.0.0.1:{app.port}"])
            self.assertEqual([value for name, value in headers if name == "content-length"], [str(len(delivery.body))])
            self.assertEqual([name for name, _ in headers if name in ("transfer-encoding", "connection", "upgrade", "te")], [])
            for name, values in {"pubsubname": ["pubsub"], "dapr-api-token": [APP_TOKEN],
                                 "content-type": ["application/cloudevents+json"]}.items():
                self.assertEqual([value for key, value in headers if key == name], values, headers)
            for _, value in headers:
                self.assertFalse(any(ord(letter) < 32 or ord(letter) == 127 for letter in value), headers)

    # -- what is told ------------------------------------------------------------------------------------------------

    def test_no_text_from_outside_starts_a_line_or_colours_the_log(self):
        evil = "evil\nlevel=fatal msg=forged\r\x1b[31m\u2028\u202e"
        app = self.app([subscription(evil, "/orders")], answers={"/orders": {"status": 500, "body": evil}})
        one = self.start(app=app, flags=["--log-level", "debug", "--enable-api-logging"])
        path = "".join(f"%{byte:02X}" for byte in evil.encode())
        answer = self.ask(one, "POST", f"/v1.0/publish/pubsub/{path}", {"user-agent": "evil\t\x85", **JSON}, b"1")
        self.assertEqual(answer.status, 204)
        self.ask(one, "POST", f"/v1.0/publish/{path}/{path}", JSON, b"1")
        self.assertIsNotNone(one.wait_line(lambda line: "evil" in line.text, 5), one.tail())
        one.stop()
        for line in one.lines:
            self.assertTrue(line.text.startswith("time="), line.text)
            self.assertNotIn("\x1b", line.text)
            self.assertNotIn("\u202e", line.text)
        self.assertEqual([line.text for line in one.lines if line.level == "fatal"], [])

    def test_no_secret_is_told(self):
        secret = "canary-redis-password-4713"
        secrets = os.path.join(self.directory, "secrets.json")
        with open(secrets, "w", encoding="utf-8") as file:
            json.dump({"password": secret}, file)
        store = component("secretstores.local.file", name="store", secretsFile=secrets)
        redis = component("pubsub.redis", redisHost="127.0.0.1:1", redisUsername="user").rstrip("\n") + (
            "\n  - name: redisPassword\n    secretKeyRef:\n      name: password\n      key: password\n"
            "auth:\n  secretStore: store\n")
        one = self.sidecar(app=self.app(), resources={"s.yaml": store, "p.yaml": redis},
                           env={"DAPR_API_TOKEN": TOKEN, "APP_API_TOKEN": APP_TOKEN}, flags=["--log-level", "debug"])
        one.start()
        one.wait_answering()
        headers = {"dapr-api-token": TOKEN, **JSON}
        told = [self.ask(one, "GET", "/v1.0/metadata", headers).body,
                self.ask(one, "POST", "/v1.0/publish/pubsub/orders", headers, b"1").body,
                self.ask(one, "GET", "/v1.0/secrets/store/password", headers).body,
                self.ask(one, "GET", "/v1.0/healthz", headers).body,
                self.ask(one, "POST", "/v1.0/publish/nope/orders", headers, b"1").body]
        self.assertIn(b"store", told[0])
        self.assertIn(b"not connected", told[1])
        self.assertIsNotNone(one.wait_line(lambda line: "refused" in line.text, 5), one.tail())
        one.stop()
        told += [line.text.encode() for line in one.lines]
        for canary in (secret, TOKEN, APP_TOKEN):
            self.assertEqual([text for text in told if canary.encode() in text], [])


if __name__ == "__main__":
    unittest.main()
