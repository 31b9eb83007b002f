"""`pubsub.kafka` and who may: TLS, client certificates, passwords, tokens; and what a user reads where one of them is wrong."""

import base64
import http.server
import json
import os
import shutil
import tempfile
import threading
import time
import unittest

import kafka
from case import SidecarCase, component
from certificates import Authority, server_context
from ledger import event
from sidecar import free_ports

LISTENERS = {"PLAINTEXT": "PLAINTEXT", "PASSWORD": "SASL_PLAINTEXT", "PASSWORDTLS": "SASL_SSL", "CLIENT": "SSL",
             "EXPIRED": "SASL_SSL", "ELSEWHERE": "SASL_SSL", "CONTROLLER": "PLAINTEXT"}
MODULES = "org.apache.kafka.common.security."
LOGINS = {
    "plain": MODULES + 'plain.PlainLoginModule required username="node" password="node" user_orders="right horse";',
    "scram-sha-256": MODULES + "scram.ScramLoginModule required;",
    "scram-sha-512": MODULES + "scram.ScramLoginModule required;",
    "oauthbearer": MODULES + 'oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="node";',
}
CANARY = "wrong-canary"


class TokenServer:
    """OAuth 2.0 client credentials over HTTPS: unsigned tokens, which the node takes for its tests."""

    def __init__(self, directory, lifetime=60, client="orders", secret="token secret", reads_form=False):
        self.asked = []
        self.lifetime, self.skew, self.client, self.secret, self.reads_form = lifetime, 0, client, secret, reads_form
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = self.rfile.read(int(self.headers["content-length"])).decode()
                outer.asked.append(form)
                status, answer = outer.answer(form, self.headers.get("authorization", ""))
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = server_context(directory).wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def answer(self, form, authorization):
        """A token, or why there is none."""
        pair = base64.b64encode(f"{self.client}:{self.secret.replace(' ', '+')}".encode()).decode()
        is_known = ("client_secret=" + self.secret.replace(" ", "+") in form.split("&") if self.reads_form
                    else authorization == f"Basic {pair}")
        if not is_known:
            return 401, {"error": "invalid_client", "error_description": "no such client"}
        now = int(time.time()) + self.skew
        parts = [{"alg": "none"}, {"sub": self.client, "iat": now, "exp": now + self.lifetime, "scope": ["kafka"]}]
        token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}

    def close(self):
        """Ends the server."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@unittest.skipIf(kafka.ABSENCE, f"not run without Kafka: {kafka.ABSENCE}")
class KafkaSecurity(SidecarCase):
    """One node with a listener for each way."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="martlet-e2e-kafka-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.authority = Authority(cls.folder)
        cls.authority.sign("node", "subjectAltName=DNS:localhost")
        cls.authority.sign("expired", "subjectAltName=DNS:localhost", expired=True)
        cls.authority.sign("elsewhere", "subjectAltName=DNS:elsewhere.example")
        cls.authority.sign("client", "extendedKeyUsage=clientAuth")
        ports = free_ports(len(LISTENERS))
        cls.ports = dict(zip(LISTENERS, ports))
        listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in cls.ports.items())
        known = ",".join(f"{name}://localhost:{port}" for name, port in cls.ports.items() if name != "CONTROLLER")
        properties = [
            f"listeners={listeners}", f"advertised.listeners={known}", "inter.broker.listener.name=PLAINTEXT",
            f"controller.quorum.voters=1@127.0.0.1:{cls.ports['CONTROLLER']}",
            "listener.security.protocol.map=" + ",".join(f"{name}:{kind}" for name, kind in LISTENERS.items())]
        for name, kind in LISTENERS.items():
            prefix = f"listener.name.{name.lower()}."
            if kind.endswith("SSL"):
                certificate = name.lower() if name in ("EXPIRED", "ELSEWHERE") else "node"
                properties += [f"{prefix}ssl.keystore.type=PEM", f"{prefix}ssl.truststore.type=PEM",
                               f"{prefix}ssl.keystore.location={cls.authority.path(certificate)}.both",
                               f"{prefix}ssl.truststore.location={cls.authority.pem}"]
            if name == "CLIENT":
                properties.append(f"{prefix}ssl.client.auth=required")
            if kind.startswith("SASL"):
                properties.append(f"{prefix}sasl.enabled.mechanisms=" + ",".join(one.upper() for one in LOGINS))
                properties += [f"{prefix}{one}.sasl.jaas.config={login}" for one, login in LOGINS.items()]
        cls.node = kafka.Kafka(cls.folder, properties=properties, port=cls.ports["PLAINTEXT"])
        cls.addClassCleanup(cls.node.close)

    def resource(self, listener, **settings):
        """A component for a listener."""
        base = {"brokers": f"localhost:{self.ports[listener]}", "initialOffset": "oldest"}
        if LISTENERS[listener].endswith("SSL"):
            base["caCert"] = self.authority.pem
        else:
            base["disableTls"] = "true"
        return component("pubsub.kafka", **{**base, **settings})

    def password(self, listener, mechanism, password="right horse"):
        """A component with a password."""
        return self.resource(listener, authType="password", saslMechanism=mechanism, saslUsername="orders",
                             saslPassword=password)

    def passes(self, resource, name):
        """One event goes round."""
        topic = f"{self._testMethodName}-{name}"
        app = self.app([{"pubsubname": "pubsub", "topic": topic, "route": "/orders"}])
        one = self.sidecar(app=app, resources={"p.yaml": resource}, app_id=topic)
        one.run(timeout=20)
        answer = one.publish(topic, event("here"), content_type="application/cloudevents+json")
        self.assertEqual(answer.status, 204, answer.body)
        self.assertTrue(app.wait_until(lambda all: any(one.path == "/orders" for one in all), 10), one.tail())
        return one, app, topic

    def refused(self, resource, *words):
        """It ends with status 1 and one line, which says why and what to do."""
        one = self.sidecar(app=self.app(), resources={"p.yaml": resource})
        one.start()
        self.assertEqual(one.wait(20), 1, one.tail())
        said = [line.text for line in one.lines if line.level == "fatal"]
        self.assertEqual(len(said), 1, one.tail())
        for word in ("pubsub.kafka", *words):
            self.assertIn(word, said[0])
        self.assertNotIn(CANARY, "\n".join(line.text for line in one.lines))
        print(f"{self._testMethodName} said 1 line: {said[0][said[0].find('msg='):][:300]}")

    def test_passwords(self):
        for listener in ("PASSWORD", "PASSWORDTLS"):
            with self.subTest(listener=listener):
                self.passes(self.password(listener, "PLAINTEXT"), listener)

    def test_wrong_passwords(self):
        for listener in ("PASSWORD", "PASSWORDTLS"):
            with self.subTest(listener=listener):
                self.refused(self.password(listener, "PLAINTEXT", CANARY), "uthentication failed", "saslPassword")

    def test_a_node_that_takes_no_scram_of_ours_is_named(self):
        """librdkafka 2.0 repeats the client's nonce, which Kafka does not let pass any more (CVE-2024-56128)."""
        for mechanism in (256, 512):
            self.node.add_scram_user("orders", "right horse", mechanism)
            with self.subTest(mechanism=mechanism):
                self.refused(self.password("PASSWORDTLS", f"SHA-{mechanism}"), f"SCRAM-SHA-{mechanism}", "3.8.1", "PLAINTEXT")

    def test_a_client_certificate(self):
        files = {"clientCert": self.authority.path("client.pem"), "clientKey": self.authority.path("client.key")}
        self.passes(self.resource("CLIENT", authType="mtls", **files), "mtls")
        self.passes(self.resource("CLIENT", authType="certificate", **files), "certificate")

    def test_no_client_certificate(self):
        self.refused(self.resource("CLIENT", authType="certificate"), "clientCert")

    def test_certificates_that_cannot_be_trusted(self):
        for listener in ("EXPIRED", "ELSEWHERE"):
            with self.subTest(listener=listener):
                self.refused(self.password(listener, "PLAINTEXT"), "certificate", "caCert")
        other = Authority(self.directory, "other")
        with self.subTest("another authority"):
            self.refused(self.resource("PASSWORDTLS", authType="password", saslUsername="orders", saslPassword="right horse",
                                       caCert=other.pem), "certificate", "caCert")
        self.passes(self.resource("EXPIRED", authType="password", saslUsername="orders", saslPassword="right horse",
                                  skipVerify="true"), "skipVerify")

    def tokens(self, server, **settings):
        """A component that fetches tokens from a server."""
        return self.resource("PASSWORD", **{
            "authType": "oidc", "oidcTokenEndpoint": f"https://localhost:{server.port}/token", "oidcClientID": "orders",
            "oidcClientSecret": "token secret", "oidcScopes": "kafka,openid", "caCert": os.path.join(self.directory, "app.pem"),
            **settings})

    def token_server(self, **options):
        """A token server that is ended with the test."""
        server = TokenServer(self.directory, **options)
        self.addCleanup(server.close)
        return server

    def test_tokens(self):
        server = self.token_server()
        self.passes(self.tokens(server, oidcExtensions="{\\\"tenant\\\":\\\"one\\\"}"), "header")
        self.assertEqual(server.asked, ["grant_type=client_credentials&scope=kafka+openid"])
        form = self.token_server(reads_form=True)
        self.passes(self.tokens(form), "form")
        self.assertEqual(len(form.asked), 2)

    def test_tokens_are_renewed(self):
        server = self.token_server(lifetime=3)
        one, app, topic = self.passes(self.tokens(server), "renewed")
        deadline = time.monotonic() + 20
        while len(server.asked) < 4 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertGreaterEqual(len(server.asked), 4, one.tail())
        self.assertEqual(one.publish(topic, event("later"), content_type="application/cloudevents+json").status, 204)
        self.assertTrue(app.wait_until(lambda all: any(one.event_id == "later" for one in all), 5), one.tail())

    def test_wrong_tokens(self):
        server = self.token_server()
        self.refused(self.tokens(server, oidcClientSecret=CANARY), "invalid_client", "oidcClientSecret", "401")
        server.skew = -3600
        self.refused(self.tokens(server), "oidc")

    def test_a_token_server_that_is_away_is_waited_for(self):
        port = free_ports(1)[0]

        class Away:
            pass
        Away.port = port
        one = self.sidecar(app=self.app(), resources={"p.yaml": self.tokens(Away)})
        one.start()
        one.wait_answering()
        self.assertIsNotNone(one.wait_line(lambda line: "fetching a token" in line.text, timeout=10), one.tail())
        self.assertIsNone(one.wait(2), one.tail())

    def test_a_component_whose_errors_are_ignored(self):
        resource = self.password("PASSWORD", "SHA-256", CANARY).replace("spec:\n", "spec:\n  ignoreErrors: true\n")
        one = self.sidecar(app=self.app(), resources={"p.yaml": resource})
        one.run(timeout=20)
        self.assertGreaterEqual(one.publish("orders", {"a": 1}).status, 400)
        self.assertNotIn(CANARY, "\n".join(line.text for line in one.lines))


if __name__ == "__main__":
    unittest.main()
