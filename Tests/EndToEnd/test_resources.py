"""The commands about resources: check, explain, tail."""

import json
import os
import signal
import subprocess
import time
import unittest

import sidecar
from case import SUBSCRIBE, Embedded, Redis, SidecarCase, component
from test_commands import call

SUBSCRIPTION = """apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata:
  name: orders
spec:
  pubsubname: pubsbu
  topic: orders
  routes:
    default: /orders
"""


class Check(SidecarCase):
    def resources(self, **files):
        """A folder with these resources."""
        folder = os.path.join(self.directory, "resources")
        os.makedirs(folder, exist_ok=True)
        for name, text in files.items():
            sidecar.write(os.path.join(folder, name + ".yaml"), text)
        return folder

    def test_nothing_is_wrong(self):
        done = call("check", self.resources(pubsub=component("pubsub.redis", redisHost="localhost:1")))
        self.assertEqual((done.returncode, done.stdout), (0, "1 file checked, nothing is wrong\n"), done.stderr)

    def test_a_warning_counts_where_it_is_asked_for(self):
        folder = self.resources(pubsub=component("pubsub.redis", redisHots="localhost:1"))
        self.assertEqual(call("check", folder).returncode, 0)
        done = call("check", "--strict", folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("pubsub.yaml:9:5: warning: pubsub: redisHots: ", done.stdout)
        self.assertIn("did you mean redisHost?", done.stdout)

    def test_everything_at_once_as_json(self):
        folder = self.resources(a=component("pubsub.rediss"), b=component("pubsub.redis", name="b", redisDB="x"),
                                c="a: b\n c: d\n", s=SUBSCRIPTION)
        done = call("check", "-o", "json", folder)
        self.assertEqual(done.returncode, 1, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["files"], report["errors"], report["warnings"]), (4, 3, 1))
        places = [(os.path.basename(one["file"]), one["line"], one["column"]) for one in report["findings"]]
        self.assertEqual(places, [("a.yaml", 6, 9), ("b.yaml", 9, 5), ("c.yaml", 2, 3), ("s.yaml", 6, 15)])
        self.assertIn("did you mean pubsub?", report["findings"][3]["message"])

    def test_what_a_check_refuses_a_sidecar_refuses(self):
        bad = component("pubsub.redis", redisDB="x")
        self.assertEqual(call("check", self.resources(pubsub=bad)).returncode, 1)
        one = self.sidecar(resources={"pubsub.yaml": bad})
        one.start()
        self.assertEqual(one.wait(10), 1, one.tail())

    def test_usage(self):
        for words in (["check", "--output", "xml", "."], ["check"], ["explain", "a", "b"], ["tail"]):
            with self.subTest(words):
                done = call(*words, cwd=self.directory, env={**os.environ, "HOME": self.directory})
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn("Usage", done.stderr)


class Explain(unittest.TestCase):
    def test_a_type_a_kind_and_the_list(self):
        for words, texts in ((["pubsub.redis"], ["redisHost", "localhost:6379", "consumerID"]),
                             (["Subscription"], ["deadLetterTopic", "match"]), ([], ["configuration", "pubsub.embedded"])):
            with self.subTest(words):
                done = call("explain", *words)
                self.assertEqual(done.returncode, 0, done.stderr)
                for text in texts:
                    self.assertIn(text, done.stdout)

    def test_an_unknown_name(self):
        done = call("explain", "pubsub.reddis")
        self.assertEqual(done.returncode, 1)
        self.assertIn("did you mean pubsub.redis?", done.stderr)

    def test_a_schema_is_json(self):
        schema = json.loads(call("explain", "--schema").stdout)
        self.assertIn("pubsub.redis", schema["$defs"])

    def test_libraries(self):
        lines = call("version", "--verbose").stdout
        for name in ("libuv", "OpenSSL", "SQLite", "libyaml", "hiredis", "RE2"):
            self.assertIn(name, lines)


class Tail(SidecarCase):
    def tail(self, one, *flags):
        """`martlet tail orders`, its output in files, begun behind what is there."""
        out, err = (os.path.join(self.directory, name) for name in ("tail.out", "tail.err"))
        words = [sidecar.binary(), "tail", "orders", "-p", "pubsub", "-a", "e2e", "-d", one.resources, *flags]
        with open(out, "w") as output, open(err, "w") as errors:
            process = subprocess.Popen(words, stdout=output, stderr=errors, stdin=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, out, err

    def read(self, path, count, timeout=10.0):
        """The lines of a file once there are so many."""
        deadline = time.monotonic() + timeout
        while True:
            with open(path) as file:
                lines = file.read().splitlines()
            if len(lines) >= count or time.monotonic() > deadline:
                return lines
            time.sleep(0.02)

    def watched(self, make):
        """Events are published while a group takes them and a tail looks on."""
        broker, app = self.broker(make), self.app(SUBSCRIBE)
        one = self.sidecar(broker, app=app)
        one.run()
        process, out, err = self.tail(one, "--from-beginning", "-o", "json")
        for number in range(20):
            self.assertEqual(one.publish("orders", {"n": number}).status, 204)
            # A person looks on at leisure: the embedded broker may delete what all have settled.
            self.assertEqual(len(self.read(out, number + 1)), number + 1)
        events = [json.loads(line) for line in self.read(out, 20)]
        self.assertEqual([event["data"] for event in events], [{"n": number} for number in range(20)])
        self.assertEqual({event["topic"] for event in events}, {"orders"})
        self.assertTrue(all(event["id"] and event["type"] and event["source"] for event in events))
        self.assertTrue(app.wait_until(lambda all: sum(one.path == "/orders" for one in all) >= 20, 10))
        orders = [one for one in app.deliveries if one.path == "/orders"]
        self.assertEqual(len(orders), 20, "a tail takes and repeats nothing")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(5), 0)
        with open(err) as file:
            self.assertEqual(file.read(), "")
        return broker, one

    def test_redis(self):
        broker, one = self.watched(Redis)
        groups = broker.server.command("XINFO", "GROUPS", "orders")
        self.assertEqual(len(groups), 1, f"a tail makes no group: {groups}")
        deadline = time.monotonic() + 10
        while broker.server.pending("orders", "e2e") > 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(broker.server.pending("orders", "e2e"), 0)

    def test_embedded(self):
        _, one = self.watched(Embedded)
        self.assertEqual(one.stop(), 0, one.tail())
        one.run()
        self.assertEqual(one.health(), 204)

    def test_redis_goes_away_and_comes_back(self):
        broker = self.broker(Redis)
        one = self.sidecar(broker, app=self.app())
        one.run()
        process, out, err = self.tail(one, "--from-beginning", "-o", "json")
        one.publish("orders", {"n": 1})
        self.assertEqual(len(self.read(out, 1)), 1)
        broker.server.kill()
        self.assertIn("trying again", "".join(self.read(err, 1)))
        broker.server.start()
        one.wait_ready()
        deadline = time.monotonic() + 10
        while one.publish("orders", {"n": 2}).status != 204 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual([json.loads(line)["data"]["n"] for line in self.read(out, 2)][:2], [1, 2])

    def test_text_and_maximum(self):
        one = self.sidecar(self.broker(Redis))
        one.run()
        one.publish("orders", "colour \u202e\x1b[31m".encode(), content_type="text/plain")
        done = call("tail", "orders", "-d", one.resources, "-a", "e2e", "--from-beginning", "--max", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("source      e2e", done.stdout)
        self.assertIn("data        colour ", done.stdout)
        self.assertNotIn("\u202e", done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        hidden = call("tail", "orders", "-d", one.resources, "-a", "e2e", "--from-beginning", "--max", "1", "--no-data")
        self.assertNotIn("colour", hidden.stdout)

    def test_what_cannot_be_looked_into(self):
        one = self.sidecar(resources={"p.yaml": component("pubsub.in-memory")})
        for words, text in ((["-p", "pubsub"], "cannot be looked into"), (["-p", "pubsbu"], "did you mean pubsub?")):
            done = call("tail", "orders", "-d", one.resources, *words)
            self.assertEqual(done.returncode, 1)
            self.assertIn(text, done.stderr)


if __name__ == "__main__":
    unittest.main()
