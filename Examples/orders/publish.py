#!/usr/bin/env python3
"""Publishes a few orders through the sidecar, all in one trace.

    publish.py [how many]            (default 3)

Environment: DAPR_HTTP_PORT (default 3500), PUBSUB_NAME (default pubsub).
"""

import json
import os
import secrets
import sys
import urllib.error
import urllib.request

PORT = os.environ.get("DAPR_HTTP_PORT", "3500")
PUBSUB = os.environ.get("PUBSUB_NAME", "pubsub")
ITEMS = [("book", 12.50), ("lamp", 39.90), ("chair", 120.00), ("pen", 1.20)]


def publish(number, trace):
    """Publishes one order; the HTTP status."""
    item, price = ITEMS[number % len(ITEMS)]
    order = {"order": number + 1, "item": item, "total": price}
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/v1.0/publish/{PUBSUB}/orders?metadata.cloudevent.type=order.created",
        json.dumps(order).encode(),
        {"content-type": "application/json", "traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.status


def main():
    """Publishes them all; exit status 1 when the sidecar refuses one or is not there."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    trace = secrets.token_hex(16)
    for number in range(count):
        try:
            publish(number, trace)
        except urllib.error.HTTPError as error:
            reason = error.read().decode(errors="replace")
            print(f"order {number + 1} was refused: {error.code} {reason}", file=sys.stderr)
            return 1
        except OSError as error:
            print(f"no sidecar at 127.0.0.1:{PORT}: {error}", file=sys.stderr)
            return 1
        print(f"published order {number + 1} in trace {trace[:8]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
