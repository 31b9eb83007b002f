"""The HTTP side of Dapr's Python SDK: the health check, and its extensions for FastAPI and Flask as the application.

Publishing is gRPC in this SDK; here it is done over HTTP.
"""

import logging
import threading
import time
import unittest

import flask
import uvicorn
import werkzeug.serving
from dapr.clients.health import DaprHealth
from dapr.conf import settings
from dapr.ext.fastapi import DaprApp as FastDapr
from fastapi import Body, FastAPI
from flask_dapr import DaprApp as FlaskDapr

from case import Embedded, SidecarCase
from sidecar import free_ports


class Framework:
    """What the sidecar helper needs of an application."""

    def __init__(self):
        self.port = free_ports(1)[0]
        self.unix_path = None
        self.got = []
        self.refused = []

    def take(self, event):
        """Takes every event the second time."""
        if event["data"] not in self.refused:
            self.refused.append(event["data"])
            return {"status": "RETRY"}
        self.got.append(event["data"])
        return {"status": "SUCCESS"}


class SDK(SidecarCase):
    def check(self, app):
        """Starts a sidecar beside the application, publishes, and waits for the second attempt of each event."""
        one = self.sidecar(self.broker(Embedded), app=app)
        one.start()
        settings.HTTP_APP_PORT = app.port
        settings.DAPR_HTTP_PORT = one.http_port
        settings.DAPR_HEALTH_TIMEOUT = 10
        DaprHealth.wait_for_sidecar()
        one.wait_ready()
        subscriptions = one.get("/v1.0/metadata").body
        self.assertIn(b'"topic":"orders"', subscriptions)
        self.assertIn(b'"type":"PROGRAMMATIC"', subscriptions)
        for number in range(20):
            self.assertEqual(one.publish("orders", {"n": number}).status, 204)
        deadline = time.monotonic() + 10
        while len(app.got) < 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(sorted(one["n"] for one in app.got), list(range(20)), one.tail())
        self.assertEqual(len(app.refused), 20)

    def test_fastapi(self):
        app, web = Framework(), FastAPI()

        @FastDapr(web).subscribe(pubsub="pubsub", topic="orders")
        def orders(event=Body()):
            return app.take(event)
        server = uvicorn.Server(uvicorn.Config(web, port=app.port, log_level="warning"))
        threading.Thread(target=server.run, daemon=True).start()
        self.addCleanup(setattr, server, "should_exit", True)
        self.check(app)

    def test_flask(self):
        app, web = Framework(), flask.Flask("orders")
        logging.getLogger("werkzeug").setLevel(logging.ERROR)

        @FlaskDapr(web).subscribe(pubsub="pubsub", topic="orders", route="/taken")
        def orders():
            return app.take(flask.request.get_json(force=True))
        server = werkzeug.serving.make_server("127.0.0.1", app.port, web, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        self.check(app)


if __name__ == "__main__":
    unittest.main()
