"""What a sidecar tells about itself: metrics that a strict reader takes, spans at real collectors, and a rate of zero."""

import json
import ssl
import subprocess
import os
import time
import unittest

import sidecar
import wire
from case import Embedded, Redis, SidecarCase, component
from collector import Collector, key, prometheus

ROUTES = [{"pubsubname": "pubsub", "topic": topic, "route": "/" + topic} for topic in ("orders", "bad", "gone", "no")]
IN_MEMORY = {"pubsub.yaml": component("pubsub.in-memory")}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE, PARENT_SPAN = PARENT[3:35], PARENT[36:52]


def configuration(spec):
    """A Configuration resource."""
    return json.dumps({"apiVersion": "dapr.io/v1alpha1", "kind": "Configuration", "metadata": {"name": "c"},
                       "spec": spec})


class Observed(SidecarCase):
    def scrape(self, one, path="/metrics"):
        """The samples of a sidecar."""
        response = wire.request(one.metrics_port, "GET", path)
        self.assertEqual(response.status, 200)
        self.assertEqual(response.header("content-type"), "text/plain; version=0.0.4; charset=utf-8")
        return prometheus(response.body.decode())

    def collector(self, **options):
        """A collector that is ended with the test."""
        one = Collector(**options)
        self.addCleanup(one.close)
        return one


class Metrics(Observed):
    def test_counts_of_publishes_and_deliveries_have_daprds_names(self):
        app = self.app(subscribe=ROUTES, answers={
            "/bad": {"status": 500}, "/gone": {"status": 404}, "/no": {"body": '{"status":"DROP"}'}})
        one = self.sidecar(resources=IN_MEMORY, app=app, env={"NAMESPACE": "shop"}).run()
        for topic, count in (("orders", 3), ("bad", 1), ("gone", 1), ("no", 2), ("nobody", 1)):
            for number in range(count):
                self.assertEqual(one.publish(topic, {"n": number}).status, 204)
        self.assertEqual(one.publish("orders", {}, pubsub="nope").status, 404)
        self.assertTrue(app.wait_until(lambda all: sum(d.path != "/dapr/subscribe" and d.path != "/dapr/config"
                                                       and d.answered_at is not None for d in all) >= 7, 5))
        samples = self.wait_samples(one, lambda found: found.get(self.ingress("no", "drop", "success")) == 2)
        self.assertEqual(samples[self.ingress("orders", "success", "success")], 3)
        self.assertEqual(samples[self.ingress("bad", "retry", "retry")], 1)
        self.assertEqual(samples[self.ingress("gone", "drop", "drop")], 1)
        self.assertEqual(samples[self.ingress("no", "drop", "success")], 2)
        egress = {"app_id": "e2e", "component": "pubsub", "namespace": "shop", "success": "true"}
        self.assertEqual(samples[key("dapr_component_pubsub_egress_count", topic="orders", **egress)], 3)
        self.assertEqual(samples[key("dapr_component_pubsub_egress_latencies_count", topic="nobody", **egress)], 1)
        self.assertFalse([name for name in samples if ("component", "nope") in name[1]])
        server = {"app_id": "e2e", "method": "POST"}
        self.assertEqual(samples[key("dapr_http_server_request_count", path="/v1.0/publish/pubsub/orders", status=204,
                                     **server)], 3)
        self.assertEqual(samples[key("dapr_http_server_response_count", path="/v1.0/publish/nope/orders", status=404,
                                     **server)], 1)
        self.assertEqual(samples[key("dapr_http_client_completed_count", path="/bad", status=500, **server)], 1)
        self.assertEqual(samples[key("dapr_runtime_component_loaded", app_id="e2e")], 1)
        self.assertEqual(samples[key("dapr_runtime_component_init_total", app_id="e2e",
                                     component="pubsub.in-memory")], 1)
        ours = {"app_id": "e2e", "component": "pubsub"}
        self.assertEqual(samples[key("martlet_delivery_lost_total", topic="bad", **ours)], 1)
        self.assertEqual(samples[key("martlet_delivery_dropped_total", topic="gone", reason="not_found", **ours)], 1)
        self.assertGreater(samples[("process_resident_memory_bytes", ())], 1e6)
        self.assertGreater(samples[("process_open_fds", ())], 3)

    def ingress(self, topic, process_status, status):
        """The key of a count of deliveries."""
        return key("dapr_component_pubsub_ingress_count", app_id="e2e", component="pubsub", namespace="shop",
                   process_status=process_status, status=status, topic=topic)

    def wait_samples(self, one, condition, timeout=5.0):
        """The samples once they fulfil a condition, or the last ones."""
        deadline = time.monotonic() + timeout
        while True:
            samples = self.scrape(one)
            if condition(samples) or time.monotonic() > deadline:
                return samples
            time.sleep(0.02)

    def test_what_waits_is_shown_while_the_application_hangs(self):
        app = self.app(answers={"/orders": {"hang": True}})
        one = self.sidecar(resources={"pubsub.yaml": component("pubsub.embedded", path=self.directory + "/e.db")},
                           app=app).run()
        for number in range(3):
            one.publish("orders", {"n": number})
        self.assertTrue(app.wait_until(lambda all: sum(d.path == "/orders" for d in all) == 3, 5))
        time.sleep(0.1)
        samples = self.scrape(one)
        labels = {"app_id": "e2e", "component": "pubsub", "topic": "orders"}
        self.assertEqual(samples[key("martlet_subscription_in_flight_events", **labels)], 3)
        self.assertEqual(samples[key("martlet_subscription_running_events", **labels)], 3)
        self.assertGreaterEqual(samples[key("martlet_subscription_oldest_event_seconds", **labels)], 0.1)
        self.assertGreater(samples[key("martlet_subscription_in_flight_bytes", **labels)], 100)
        app.release()

    def lag(self, broker):
        """A group that does not keep up, then nobody at all, then a group that has everything."""
        app = self.app(subscribe=ROUTES[:1], answers={"/orders": {"hang": True}})
        one = self.sidecar(broker, app=app, flags=["--app-max-concurrency", "3"]).run()
        name = key("martlet_subscription_lag_events", app_id="e2e", component="pubsub", topic="orders")
        self.assertEqual(self.wait_samples(one, lambda found: found.get(name) == 0)[name], 0)
        for number in range(40):
            self.assertEqual(one.publish("orders", {"n": number}).status, 204)
        one.publish("unheard", {})
        self.assertEqual(self.wait_samples(one, lambda found: found.get(name) == 40).get(name), 40, one.tail())
        app.answer({"/orders": {"status": 200}})
        app.release()
        self.assertEqual(self.wait_samples(one, lambda found: found.get(name) == 0).get(name), 0, one.tail())
        return one, name

    def test_lag_is_told_by_embedded(self):
        self.lag(self.broker(Embedded))

    def test_lag_is_told_by_redis_and_not_made_up_while_it_is_away(self):
        broker = self.broker(Redis)
        one, name = self.lag(broker)
        broker.server.kill()
        found = self.wait_samples(one, lambda found: name not in found)
        self.assertNotIn(name, found)
        self.assertIn(key("martlet_subscription_in_flight_limit", app_id="e2e", component="pubsub", topic="orders"), found)
        broker.server.start()
        self.assertEqual(self.wait_samples(one, lambda found: found.get(name) == 0).get(name), 0, one.tail())

    def test_lag_of_a_broker_that_stands_still_holds_no_page_up(self):
        broker = self.broker(Redis)
        one, name = self.lag(broker)
        broker.server.pause()
        self.addCleanup(broker.server.resume)
        time.sleep(1.1)
        begin = time.monotonic()
        for _ in range(3):
            self.scrape(one)
        self.assertLess(time.monotonic() - begin, 2)

    def test_what_policies_do_is_counted_under_daprds_names(self):
        resiliency = "\n".join([
            "apiVersion: dapr.io/v1alpha1", "kind: Resiliency", "metadata: {name: res}", "spec:", "  policies:",
            "    timeouts: {t: 300ms}", "    retries: {r: {policy: constant, duration: 10ms, maxRetries: 2}}",
            "    circuitBreakers: {c: {timeout: 60s, trip: consecutiveFailures >= 3}}", "  targets:",
            "    components: {pubsub: {inbound: {timeout: t, retry: r, circuitBreaker: c}, outbound: {retry: r}}}"]) + "\n"
        app = self.app(subscribe=ROUTES[:1], answers={"/orders": [{"hang": True}, {"status": 500}]})
        one = self.sidecar(resources={**IN_MEMORY, "res.yaml": resiliency}, app=app).run()
        self.assertEqual(one.publish("orders", {}).status, 204)

        def sample(metric, policy, status="", direction="inbound"):
            return key(f"dapr_resiliency_{metric}", app_id="e2e", flow_direction=direction, name="res", namespace="",
                       policy=policy, status=status, target="Pubsub_pubsub")
        opened = sample("cb_state", "circuitbreaker", "open")
        found = self.wait_samples(one, lambda found: found.get(opened) == 1)
        self.assertEqual(found.get(opened), 1, one.tail())
        self.assertEqual(found[sample("cb_state", "circuitbreaker", "closed")], 0)
        self.assertEqual(found[sample("activations_total", "circuitbreaker", "open")], 1)
        self.assertEqual(found[sample("activations_total", "timeout")], 1)
        self.assertEqual(found[sample("activations_total", "retry")], 2)
        for policy, status in (("timeout", ""), ("retry", ""), ("circuitbreaker", "closed")):
            self.assertEqual(found[sample("count", policy, status)], 1)
        self.assertEqual(found[sample("count", "retry", direction="outbound")], 1)
        self.assertEqual(found[key("dapr_resiliency_loaded", app_id="e2e", name="res", namespace="")], 1)
        app.release()

    def test_probes_of_the_applications_health_are_counted(self):
        app = self.app(answers={"GET /healthz": [{"status": 200}, {"status": 503}]})
        one = self.sidecar(resources=IN_MEMORY, app=app, flags=[
            "--enable-app-health-check", "--app-health-probe-interval", "1"]).run()
        name = "dapr_http_healthprobes_completed_count"
        found = self.wait_samples(one, lambda found: found.get(key(name, app_id="e2e", status=503), 0) > 0, timeout=10)
        self.assertEqual(found[key(name, app_id="e2e", status=200)], 1)
        self.assertEqual(found[key("dapr_http_healthprobes_roundtrip_latency_count", app_id="e2e", status=200)], 1)
        app.die()
        found = self.wait_samples(one, lambda found: found.get(key(name, app_id="e2e", status=500), 0) > 0, timeout=10)
        self.assertGreater(found.get(key(name, app_id="e2e", status=500), 0), 0)

    def test_the_configuration_shapes_http_metrics(self):
        one = self.sidecar(resources=IN_MEMORY, config=configuration({"metric": {
            "http": {"increasedCardinality": False, "pathMatching": ["/v1.0/publish/{pubsub}/{topic}"],
                     "excludeVerbs": True},
            "latencyDistributionBuckets": [5, 50], "recordErrorCodes": True}})).run()
        one.publish("a", {})
        one.publish("b", {})
        one.publish("b", {}, pubsub="nope")
        one.get("/v1.0/metadata")
        samples = self.scrape(one, path="/")
        count = "dapr_http_server_request_count"
        self.assertEqual(samples[key(count, app_id="e2e", method="", path="/v1.0/publish/{pubsub}/{topic}",
                                     status=204)], 2)
        self.assertEqual(samples[key(count, app_id="e2e", method="", path="", status=200)], 1)
        self.assertFalse([name for name, _ in samples if name == "dapr_http_server_response_count"])
        bounds = {dict(labels)["le"] for name, labels in samples if name == "dapr_http_server_latency_bucket"}
        self.assertEqual(bounds, {"5", "50", "+Inf"})
        self.assertEqual(samples[key("dapr_error_code_total", app_id="e2e", category="pubsub",
                                     error_code="ERR_PUBSUB_NOT_FOUND")], 1)

    def test_rules_rewrite_labels_and_bulk_calls_are_counted(self):
        bulk = [{"pubsubname": "pubsub", "topic": "o-17", "route": "/bulk",
                 "bulkSubscribe": {"enabled": True, "maxMessagesCount": 2, "maxAwaitDurationMs": 50}}]
        app = self.app(subscribe=bulk, answers={"/bulk": {"status": 200, "body": "{}"}})
        one = self.sidecar(resources=IN_MEMORY, app=app, config=configuration({"metric": {"rules": [
            {"name": "dapr_component_pubsub_egress_bulk_count", "labels": [
                {"name": "topic", "regex": {"o-{n}": "^o-.7$", "bad": "["}}]}]}})).run()
        entries = [{"entryId": str(number), "event": "x", "contentType": "text/plain"} for number in range(2)]
        response = wire.request(one.http_port, "POST", "/v1.0/publish/bulk/pubsub/o-17",
                                {"content-type": "application/json"}, json.dumps(entries).encode())
        self.assertEqual(response.status, 204)
        calls = key("dapr_component_pubsub_ingress_bulk_event_count", app_id="e2e", component="pubsub", namespace="",
                    process_status="RETRY", topic="o-17")
        samples = self.wait_samples(one, lambda found: found.get(calls, 0) >= 2)
        self.assertGreaterEqual(samples[calls], 2)
        self.assertEqual(samples[key("dapr_component_pubsub_egress_bulk_count", app_id="e2e", component="pubsub",
                                     namespace="", success="true", topic="o-{n}")], 1)
        self.assertTrue(one.wait_line(lambda line: "missing closing ]" in line.text))

    def test_metrics_can_be_switched_off(self):
        for options in ({"flags": ["--enable-metrics=false"]},
                        {"config": configuration({"metric": {"enabled": False}})}):
            one = self.sidecar(resources=IN_MEMORY, **options).run()
            with self.assertRaises(OSError):
                wire.request(one.metrics_port, "GET", "/metrics", timeout=2)
            self.assertEqual(one.stop(), 0)

    def test_many_topics_do_not_grow_the_page_without_end(self):
        one = self.sidecar(resources=IN_MEMORY).run()
        connection = wire.Connection(one.http_port, timeout=30)
        connection.pipeline([wire.encode("POST", f"/v1.0/publish/pubsub/t{number}", {}, b"{}")
                             for number in range(700)])
        connection.close()
        samples = self.scrape(one)
        egress = [labels for name, labels in samples if name == "dapr_component_pubsub_egress_count"]
        self.assertLessEqual(len(egress), 513)
        self.assertEqual(sum(samples[("dapr_component_pubsub_egress_count", labels)] for labels in egress), 700)
        self.assertTrue([labels for labels in egress if ("topic", "other") in labels])


class Spans(Observed):
    def check_journey(self, collector, one, app):
        """Publishes inside a caller's trace; one span of the request and one of the delivery, linked."""
        response = wire.request(one.http_port, "POST", "/v1.0/publish/pubsub/orders",
                                {"content-type": "application/json", "traceparent": PARENT, "dapr-note": "hello",
                                 "dapr-api-token": "secret-token"}, b"{}")
        self.assertEqual(response.status, 204)
        spans = collector.wait_spans(lambda all: len([s for s in all if s["trace"] == TRACE]) >= 2)
        self.assertIsNotNone(spans, one.tail())
        request, = [s for s in spans if s["name"] == "/v1.0/publish/pubsub/orders" and s["trace"] == TRACE]
        delivery, = [s for s in spans if s["name"] == "pubsub/orders" and s["trace"] == TRACE]
        self.assertEqual(request["parent"], PARENT_SPAN)
        self.assertEqual(delivery["parent"], request["id"])
        self.assertEqual(app.to("/orders")[0].header("traceparent"), f"00-{TRACE}-{delivery['id']}-01")
        self.assertEqual(response.header("traceparent"), f"00-{TRACE}-{request['id']}-01")
        for span in (request, delivery):
            self.assertEqual(span["service"], "e2e")
            self.assertLessEqual(span["start"], span["end"])
            self.assertLess(abs(span["end"] / 1e9 - time.time()), 60)
            self.assertEqual(span["attributes"]["messaging.system"], "pubsub")
            self.assertEqual(span["attributes"]["messaging.destination.name"], "orders")
        self.assertEqual(request["attributes"]["dapr.api"], "POST /v1.0/publish/pubsub/orders")
        self.assertEqual(request["attributes"]["dapr.status_code"], "204")
        self.assertEqual(request["attributes"]["dapr-note"], "hello")
        self.assertNotIn("dapr-api-token", request["attributes"])

    def test_zipkin_gets_the_request_and_the_delivery(self):
        collector, app = self.collector(), self.app()
        one = self.sidecar(resources=IN_MEMORY, app=app, config=configuration({"tracing": {
            "samplingRate": "1",
            "zipkin": {"endpointAddress": f"http://127.0.0.1:{collector.port}/api/v2/spans"}}})).run()
        self.check_journey(collector, one, app)
        self.assertTrue(all(path == "/api/v2/spans" for path, _ in collector.accepted()))
        self.assertNotIn("metadata.", json.dumps(collector.spans()))

    def test_otlp_gets_the_request_and_the_delivery(self):
        collector, app = self.collector(statuses=[200]), self.app()
        one = self.sidecar(resources=IN_MEMORY, app=app, env={"OTEL_RESOURCE_ATTRIBUTES": "zone=a%20b,x=1"},
                           config=configuration({"tracing": {"samplingRate": "1", "otel": {
                               "protocol": "http", "endpointAddress": f"127.0.0.1:{collector.port}",
                               "isSecure": False, "headers": ["x-key=canary-key"]}}})).run()
        self.check_journey(collector, one, app)
        path, headers, _, _ = collector.requests[0]
        self.assertEqual(path, "/v1/traces")
        self.assertEqual(headers["x-key"], "canary-key")
        self.assertEqual(headers["Content-Type"], "application/x-protobuf")
        self.assertEqual(collector.spans()[0]["resource"], {"service.name": "e2e", "zone": "a b", "x": "1"})
        self.assertNotIn("canary-key", "\n".join(line.text for line in one.lines))

    def test_the_environment_names_a_collector_over_tls(self):
        certificate, secret = os.path.join(self.directory, "c.pem"), os.path.join(self.directory, "k.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-keyout", secret, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, secret)
        collector, app = self.collector(statuses=[200], tls=context), self.app()
        one = self.sidecar(resources=IN_MEMORY, app=app, env={
            "SSL_CERT_FILE": certificate, "OTEL_EXPORTER_OTLP_ENDPOINT": f"https://localhost:{collector.port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_SERVICE_NAME": "e2e"}).run()
        self.check_journey(collector, one, app)

    def test_spans_say_that_they_publish_and_deliver_where_that_is_asked_for(self):
        for asked, kinds in ((False, ("CLIENT", "CLIENT")), (True, ("PRODUCER", "CONSUMER"))):
            with self.subTest(asked=asked):
                collector, app = self.collector(), self.app()
                one = self.sidecar(resources=IN_MEMORY, app=app, config=configuration({
                    "martlet": {"tracing": {"messagingKinds": asked}}, "tracing": {
                        "samplingRate": "1",
                        "zipkin": {"endpointAddress": f"http://127.0.0.1:{collector.port}/api/v2/spans"}}})).run()
                one.publish("orders", {})
                one.get("/v1.0/metadata")
                spans = collector.wait_spans(lambda all: {"/v1.0/publish/pubsub/orders", "pubsub/orders",
                                                          "/v1.0/metadata"} <= {span["name"] for span in all})
                self.assertIsNotNone(spans, one.tail())
                found = {span["name"]: span["kind"] for span in spans}
                self.assertEqual((found["/v1.0/publish/pubsub/orders"], found["pubsub/orders"]), kinds)
                self.assertEqual(found["/v1.0/metadata"], "CLIENT")

    def test_a_failed_call_is_a_failed_span(self):
        collector, app = self.collector(), self.app(answers={"/orders": {"status": 503}})
        one = self.sidecar(resources=IN_MEMORY, app=app, config=self.zipkin(collector)).run()
        one.publish("orders", {})
        spans = collector.wait_spans(lambda all: any(s["name"] == "pubsub/orders" for s in all))
        delivery = next(s for s in spans if s["name"] == "pubsub/orders")
        self.assertEqual(delivery["error"], "Code(503): Service Unavailable")

    def test_a_collector_that_fails_gets_the_batch_again_and_the_end_sends_what_waits(self):
        collector, app = self.collector(statuses=[503, 202]), self.app()
        one = self.sidecar(resources=IN_MEMORY, app=app, config=self.zipkin(collector)).run()
        one.publish("orders", {})
        self.assertIsNotNone(collector.wait_spans(lambda all: len(all) >= 2), one.tail())
        before = len(collector.spans())
        self.assertTrue(one.wait_line(lambda line: "exporting spans" in line.text and "503" in line.text))
        one.publish("orders", {})
        self.assertTrue(app.wait_until(lambda all: sum(d.answered_at is not None for d in all if d.path == "/orders")
                                       == 2, 5))
        self.assertEqual(one.stop(), 0)
        self.assertEqual(len(collector.spans()), before + 2)

    def test_a_collector_that_is_away_holds_nothing_up(self):
        app = self.app()
        one = self.sidecar(resources=IN_MEMORY, app=app, config=configuration({"tracing": {
            "samplingRate": "1", "zipkin": {"endpointAddress": "http://127.0.0.1:9/api/v2/spans"}}})).run()
        for number in range(20):
            self.assertEqual(one.publish("orders", {"n": number}).status, 204)
        self.assertTrue(app.wait_until(lambda all: sum(d.path == "/orders" for d in all) == 20, 5))
        self.assertTrue(one.wait_line(lambda line: "exporting spans" in line.text and line.level == "warning"))
        self.assertGreaterEqual(self.scrape(one)[key("martlet_spans_waiting", app_id="e2e", exporter="zipkin")], 2)
        begin = time.monotonic()
        self.assertEqual(one.stop(), 0)
        self.assertLess(time.monotonic() - begin, 3)

    def test_nothing_is_exported_of_traces_that_are_not_sampled(self):
        collector, app = self.collector(), self.app()
        one = self.sidecar(resources=IN_MEMORY, app=app, config=self.zipkin(collector, rate="0.0")).run()
        wire.request(one.http_port, "POST", "/v1.0/publish/pubsub/orders", {"traceparent": PARENT[:-2] + "00"}, b"{}")
        one.publish("orders", {})
        self.assertTrue(app.wait_until(lambda all: sum(d.path == "/orders" for d in all) == 2, 5))
        self.assertEqual(one.stop(), 0)
        self.assertEqual(collector.requests, [])

    def test_spans_can_go_to_the_log_and_grpc_is_refused_by_name(self):
        app = self.app()
        one = self.sidecar(resources=IN_MEMORY, app=app, config=configuration({"tracing": {
            "samplingRate": "1", "stdout": True,
            "otel": {"protocol": "grpc", "endpointAddress": "127.0.0.1:4317"}}})).run()
        one.publish("orders", {})
        self.assertTrue(one.wait_line(lambda line: "[pubsub/orders] Trace: " in line.text))
        self.assertTrue(one.wait_line(lambda line: "not sent over gRPC; write protocol: http" in line.text))
        self.assertTrue(one.wait_line(lambda line: "AlwaysOnSampler" in line.text))

    def zipkin(self, collector, rate="1"):
        """A Configuration with this collector."""
        return configuration({"tracing": {"samplingRate": rate, "zipkin": {
            "endpointAddress": f"http://127.0.0.1:{collector.port}/api/v2/spans"}}})


if __name__ == "__main__":
    unittest.main()
