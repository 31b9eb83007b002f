"""Makes an Observation that is exactly what a recording says: the material that selftest.py damages.

Placeholders get values of their own, lengths are those of the real bodies, log lines are written as daprd writes them.
"""

import base64
import datetime
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "EndToEnd"))

from app import Delivery
from judge import Observation, StepSeen
from placeholders import KNOWN, NAME
from sidecar import LogLine
from wire import Response


class Imitation:
    """Fills placeholders, the same one with the same value."""

    def __init__(self):
        self.given = {}
        self.known = {name: str(20000 + index) for index, name in enumerate(KNOWN)}
        self.known["tmp-dir"] = "/tmp/imitation"
        self.known["hostname"] = "imitation"

    def text(self, template):
        """The template with values in place of its placeholders."""
        if template.startswith("<base64:"):
            return base64.b64encode(self.text(template[8:-1]).encode()).decode()
        template = re.sub(r'(?<=")<base64:((?:[^"\\]|\\.)*)>(?=")', self.base64_in_json, template)
        return NAME.sub(self.value, template)

    def base64_in_json(self, found):
        """A base64 placeholder inside JSON text: its own text is escaped."""
        import json
        return self.text("<base64:" + json.loads(f'"{found[1]}"') + ">")

    def value(self, found):
        """The value of one placeholder."""
        if found["known"]:
            return self.known[found["known"]]
        if found["kind"]:
            return self.given.setdefault(found[0], self.numbered(found["kind"], len(self.given) + 1))
        if found["time"]:
            return self.time(found)
        return {"go-time": "2024-05-06 07:08:09.123456789 +0000 UTC", "duration": "615.564534ms", "content-length": "0",
                "ephemeral-port": "4711"}.get(found["free"], "connection refused")

    @staticmethod
    def numbered(kind, number):
        """A new value of a numbered kind."""
        return {"uuid": f"{number:08x}-0000-4000-8000-000000000000", "trace-id": f"{number:032x}",
                "span-id": f"{number:016x}", "redis-id": f"1700000000000-{number}"}[kind]

    @staticmethod
    def time(found):
        """A time of now, moved as recorded."""
        shift = found["shift"] or ""
        seconds = int(shift[1:-1]) if shift.endswith("s") else 0
        zone = datetime.timezone.utc
        if re.fullmatch(r"\+\d\d:\d\d", shift):
            zone = datetime.timezone(datetime.timedelta(hours=int(shift[1:3]), minutes=int(shift[4:])))
        moment = datetime.datetime.now(zone) + datetime.timedelta(seconds=seconds)
        text = moment.strftime("%Y-%m-%dT%H:%M:%S") + (".123456789" if found["nano"] else "")
        return text + (shift if ":" in shift else "Z")

    def headers(self, recorded, body):
        """Pairs; a recorded length becomes that of the body."""
        pairs = []
        for name, value in recorded.items():
            for one in value if isinstance(value, list) else [value]:
                pairs.append((name, str(len(body)) if name == "content-length" else self.text(one)))
        return pairs

    def body(self, recorded):
        """The bytes of a message."""
        if "body_base64" in recorded:
            return base64.b64decode(recorded["body_base64"])
        return self.text(recorded.get("body", "")).encode("utf-8", "surrogateescape")

    def response(self, recorded):
        """A Response, or the text that stands for none."""
        if isinstance(recorded["status"], str):
            return recorded["status"]
        body = self.body(recorded)
        return Response(recorded["status"], "", self.headers(recorded.get("headers", {}), body), body)

    @staticmethod
    def delivered(headers):
        """Headers as the application's reader gives them; recorded is each byte as the character of its number."""
        return [(name, value.encode("latin-1").decode("utf-8", "surrogateescape")) for name, value in headers]

    def delivery(self, recorded):
        """A request to the application."""
        body = self.body(recorded)
        return Delivery(recorded["method"], self.text(recorded["path"]),
                        self.delivered(self.headers(recorded.get("headers", {}), body)), body, 1)

    def lines(self, recorded):
        """Log lines."""
        return [LogLine(f'time="x" level={line["level"]} msg="{line["msg"]}"', 0) for line in recorded]


def observe(case):
    """What a perfect run of the case would look like."""
    imitation = Imitation()
    seen = Observation(imitation.known, datetime.datetime.now(datetime.timezone.utc))
    seen.startup = [imitation.delivery(one) for one in case.get("startup", [])]
    seen.startup_lines = imitation.lines(case.get("startup_logs", []))
    seen.exit_status = case.get("exit", {}).get("status")
    seen.stderr = "exit" in case
    for step in case.get("steps", []):
        response = imitation.response(step["response"]) if "response" in step else None
        deliveries = [imitation.delivery(one) for one in step.get("deliveries", [])]
        seen.steps.append(StepSeen(response, deliveries, imitation.lines(step.get("logs", [])),
                                   step.get("exit", {}).get("status")))
    return seen
