"""`requests`, `httpx`, `cloudevents`, `wrk` and `siege` as callers."""

import asyncio
import concurrent.futures
import json
import os
import shutil
import subprocess
import unittest

import httpx
import requests
from cloudevents.v1.http import CloudEvent, from_http, to_binary, to_structured

from case import SidecarCase, component


class Callers(SidecarCase):
    def setUp(self):
        super().setUp()
        self.application = self.app()
        self.one = self.sidecar(app=self.application, resources={"p.yaml": component("pubsub.in-memory")})
        self.one.run()
        self.url = f"http://127.0.0.1:{self.one.http_port}/v1.0"

    def delivered(self, count):
        """The data of the events that came to the application."""
        self.assertTrue(self.application.wait_until(
            lambda all: sum(one.path == "/orders" for one in all) >= count, 10), self.one.tail())
        return [one.json()["data"] for one in self.application.to("/orders")]

    def test_requests(self):
        with requests.Session() as session:
            for number in range(100):
                answer = session.post(f"{self.url}/publish/pubsub/orders", json={"n": number}, timeout=5)
                self.assertEqual((answer.status_code, answer.content), (204, b""))
            streamed = session.post(f"{self.url}/publish/pubsub/orders", timeout=5,
                                    data=iter([b'{"n":', b"100}"]), headers={"content-type": "application/json"})
            self.assertEqual(streamed.status_code, 204)
            missing = session.post(f"{self.url}/publish/nope/orders", json=1, timeout=5)
            self.assertEqual((missing.status_code, missing.json()["errorCode"]), (404, "ERR_PUBSUB_NOT_FOUND"))
            self.assertEqual(session.get(f"{self.url}/metadata", timeout=5).json()["id"], "e2e")
            self.assertEqual(session.put(f"{self.url}/metadata/cliVersion", data="1", timeout=5).status_code, 204)
        self.assertEqual(sorted(one["n"] for one in self.delivered(101)), list(range(101)))

    def test_requests_from_many_threads(self):
        def publish(number):
            return requests.post(f"{self.url}/publish/pubsub/orders", json={"n": number}, timeout=5).status_code
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            self.assertEqual(set(pool.map(publish, range(300))), {204})
        self.assertEqual(sorted(one["n"] for one in self.delivered(300)), list(range(300)))

    def test_httpx(self):
        with httpx.Client(base_url=self.url) as client:
            for number in range(50):
                self.assertEqual(client.post("/publish/pubsub/orders", json={"n": number}).status_code, 204)
            large = client.post("/publish/pubsub/orders", content=b'"' + b"x" * (5 << 20) + b'"',
                                headers={"content-type": "application/json"})
            self.assertEqual(large.status_code, 500)

        async def many():
            async with httpx.AsyncClient(base_url=self.url) as client:
                answers = await asyncio.gather(*[
                    client.post("/publish/pubsub/orders", json={"n": number}) for number in range(50, 350)])
                return {answer.status_code for answer in answers}
        self.assertEqual(asyncio.run(many()), {204})
        self.assertEqual(sorted(one["n"] for one in self.delivered(350)), list(range(350)))

    def test_cloudevents(self):
        sent = CloudEvent({"type": "test.order", "source": "tests", "subject": "ä/1"}, {"amount": 1.5})
        headers, body = to_structured(sent)
        answer = requests.post(f"{self.url}/publish/pubsub/orders", data=body, headers=headers, timeout=5)
        self.assertEqual(answer.status_code, 204)
        self.assertTrue(self.application.wait_until(lambda all: any(one.path == "/orders" for one in all), 5))
        delivery = self.application.to("/orders")[0]
        came = from_http(dict(delivery.headers), delivery.body)
        self.assertEqual((came["id"], came["type"], came["source"], came["subject"], came.data),
                         (sent["id"], "test.order", "tests", "ä/1", {"amount": 1.5}))
        self.assertEqual((came["topic"], came["pubsubname"]), ("orders", "pubsub"))
        # Binary mode is no event to daprd's HTTP API: the headers are ignored, the body is the data.
        headers, body = to_binary(CloudEvent({"type": "t", "source": "s"}, {"a": 1}))
        answer = requests.post(f"{self.url}/publish/pubsub/orders", data=body, timeout=5,
                               headers=headers | {"content-type": "application/json"})
        self.assertEqual(answer.status_code, 204)
        self.assertEqual(self.delivered(2)[1], {"a": 1})

    def tool(self, name, *arguments):
        """The output of a load generator."""
        if shutil.which(name) is None:
            self.skipTest(f"{name} is not installed")
        done = subprocess.run([name, *arguments], capture_output=True, text=True, timeout=60, cwd=self.directory,
                              env=os.environ | {"HOME": self.directory})
        print(done.stdout[-600:])
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout + done.stderr

    def test_wrk(self):
        script = os.path.join(self.directory, "post.lua")
        with open(script, "w") as file:
            file.write('wrk.method="POST" wrk.body="{\\"a\\":1}" wrk.headers["Content-Type"]="application/json"\n')
        said = self.tool("wrk", "-c", "32", "-t", "1", "-d", "3s", "-s", script, f"{self.url}/publish/pubsub/orders")
        self.assertNotIn("Non-2xx", said)
        self.assertNotIn("Socket errors", said)

    def test_siege(self):
        said = self.tool("siege", "--rc=/dev/null", "-b", "-c", "16", "-r", "100", "-j", "-H", "Content-Type: application/json",
                         f"{self.url}/publish/pubsub/orders POST {json.dumps({'a': 1})}")
        figures = json.loads(said[said.index("{"):said.rindex("}") + 1])
        self.assertEqual((figures["transactions"], figures["failed_transactions"]), (1600, 0), figures)


if __name__ == "__main__":
    unittest.main()
