#!/usr/bin/env python3
"""An application that subscribes to the topic `orders` and prints every event that it gets.

It speaks plain HTTP and needs nothing but Python: the sidecar asks it with GET /dapr/subscribe what it wants, and POSTs
each event to the route that it named. The answer 200 acknowledges the event; anything else and it comes again.

Environment: APP_PORT (default 6001), PUBSUB_NAME (default pubsub), NO_COLOR.
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("APP_PORT", "6001"))
PUBSUB = os.environ.get("PUBSUB_NAME", "pubsub")
SUBSCRIPTIONS = [{"pubsubname": PUBSUB, "topic": "orders", "route": "/orders"}]
COLOURED = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text, colour):
    """The text in a colour of the terminal, or as it is where nobody would see the colour."""
    return f"\033[{colour}m{text}\033[0m" if COLOURED else text


def data_of(event):
    """What the event carries, on one line."""
    if "data_base64" in event:
        return f"base64 {event['data_base64']}"
    data = event.get("data")
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)


def describe(event):
    """An event in two lines: when, which, what kind, in which trace; and its data."""
    trace = (event.get("traceparent") or event.get("traceid") or "").split("-")
    first = [paint(event.get("time", "-"), "2"), paint(event.get("topic", "-"), "1;36"),
             paint(event.get("type", "-"), "33"), "id " + paint(event.get("id", "-")[:8], "32"),
             "trace " + paint(trace[1][:8] if len(trace) == 4 else "-", "35")]
    return "  ".join(first) + "\n  " + paint(data_of(event), "1")


class Application(BaseHTTPRequestHandler):
    """Two routes: what is wanted, and where it goes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """GET /dapr/subscribe; everything else does not exist."""
        if self.path == "/dapr/subscribe":
            self.answer(200, json.dumps(SUBSCRIPTIONS).encode())
        else:
            self.answer(404)

    def do_POST(self):
        """An event."""
        event = json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))))
        print(describe(event), flush=True)
        self.answer(200)

    def answer(self, status, body=b""):
        """Status and JSON."""
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """The events are what this program prints."""


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer.daemon_threads = True
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Application)
    print(f"listening on 127.0.0.1:{PORT} for topic orders of {PUBSUB}", flush=True)
    server.serve_forever()
