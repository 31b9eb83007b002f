"""The HTTP API as a description, and requests made from it: those that it promises, and those that it never heard of.

Each operation has the methods and the path with its variables, what a body may be, and for each status that it may be
answered with the error codes that go with it. Whatever else comes back is a finding.
"""

import base64
import json
import random
import string

import wire

ANY = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]


class Operation:
    """One operation: `path` has variables in braces; `answers` maps a status to error codes, None where no error is answered."""

    def __init__(self, name, methods, path, answers, content=None):
        self.name = name
        self.methods = methods
        self.path = path
        self.answers = answers
        self.content = content


PUBLISH = {
    204: None, 400: ["ERR_PUBSUB_REQUEST_METADATA"], 403: ["ERR_PUBSUB_FORBIDDEN"], 404: ["ERR_PUBSUB_NOT_FOUND"],
    # daprd answers a CloudEvent that is none, and a body beyond its bound, with 500.
    500: ["ERR_PUBSUB_CLOUD_EVENTS_SER", "ERR_PUBSUB_PUBLISH_MESSAGE"], 503: ["ERR_PUBSUB_PUBLISH_MESSAGE"]}
BULK = {
    204: None, 400: ["ERR_PUBSUB_REQUEST_METADATA", "ERR_PUBSUB_EVENTS_SER"], 403: ["ERR_PUBSUB_FORBIDDEN"],
    404: ["ERR_PUBSUB_NOT_FOUND"], 500: ["ERR_PUBSUB_CLOUD_EVENTS_SER", "ERR_PUBSUB_PUBLISH_MESSAGE"],
    503: ["ERR_PUBSUB_PUBLISH_MESSAGE"]}
# Building blocks that are not there are answered as daprd answers without a component of theirs.
STATE = {500: ["ERR_STATE_STORE_NOT_CONFIGURED"], 400: ["ERR_BODY_READ"]}
LOCK = {400: ["ERR_MALFORMED_REQUEST", "ERR_BODY_READ"], 500: ["ERR_LOCK_STORE_NOT_CONFIGURED"]}

OPERATIONS = [
    Operation("publish", ["POST", "PUT"], "/v1.0/publish/{pubsub}/{topic}", PUBLISH, "event"),
    Operation("bulk publish", ["POST", "PUT"], "/v1.0/publish/bulk/{pubsub}/{topic}", BULK, "bulk"),
    Operation("bulk publish, first version", ["POST", "PUT"], "/v1.0-alpha1/publish/bulk/{pubsub}/{topic}", BULK,
              "bulk"),
    Operation("health", ["GET"], "/v1.0/healthz", {204: None, 500: ["ERR_HEALTH_APPID_NOT_MATCH"]}),
    Operation("outbound health", ["GET"], "/v1.0/healthz/outbound", {204: None}),
    Operation("metadata", ["GET"], "/v1.0/metadata", {200: None}),
    Operation("set metadata", ["PUT"], "/v1.0/metadata/{key}", {204: None, 400: ["ERR_BODY_READ"]}, "text"),
    Operation("get state", ["GET", "DELETE"], "/v1.0/state/{store}/{key}", STATE),
    Operation("save state", ["POST", "PUT"], "/v1.0/state/{store}", STATE, "json"),
    Operation("secrets", ["GET"], "/v1.0/secrets/{store}/{key}", {500: ["ERR_SECRET_STORES_NOT_CONFIGURED"]}),
    Operation("configuration", ["GET"], "/v1.0/configuration/{store}", {
        500: ["ERR_CONFIGURATION_STORE_NOT_CONFIGURED"]}),
    Operation("lock", ["POST"], "/v1.0-alpha1/lock/{store}", LOCK, "json"),
    Operation("unlock", ["POST"], "/v1.0-alpha1/unlock/{store}", LOCK, "json"),
    Operation("bindings", ["POST", "PUT"], "/v1.0/bindings/{store}", {
        500: ["ERR_INVOKE_OUTPUT_BINDING"], 400: ["ERR_BODY_READ"]}, "json"),
    Operation("invoke", ANY, "/v1.0/invoke/{store}/method/{key}", {
        500: ["ERR_DIRECT_INVOKE"], 501: ["ERR_DIRECT_INVOKE"], 400: ["ERR_BODY_READ"]}, "json"),
]
# A path that belongs to no operation, or with another method, is taken for the invocation of an app.
FALLBACK = {404: ["ERR_DIRECT_INVOKE"], 500: ["ERR_DIRECT_INVOKE"], 501: ["ERR_DIRECT_INVOKE"], 400: ["ERR_BODY_READ"]}
# What the HTTP layer, CORS, or a bad escape is answered with, in text, whatever the path.
WIRE = {200, 400, 404, 405, 408, 411, 413, 414, 417, 421, 431, 501, 505}


class Request:
    """One request: the operation that is meant (None: no promise), and its bytes."""

    def __init__(self, operation, method, data, content_type, body):
        self.operation = operation
        self.method = method
        self.data = data
        # As daprd: a CloudEvent that is null ends the connection without an answer.
        self.may_end = content_type == "application/cloudevents+json" and (body or b"").strip().startswith(b"null")


class Maker:
    """Makes requests from one seed: the same ones each time."""

    def __init__(self, seed, pubsub, topics):
        self.random = random.Random(seed)
        self.pubsub = pubsub
        self.topics = topics

    def chance(self, share):
        """True so often."""
        return self.random.random() < share

    # -- parts -------------------------------------------------------------------------------------------------------

    def text(self, most=12):
        """A short text: letters mostly, now and then whatever Unicode has."""
        pool = self.random.choice([string.ascii_letters, string.printable, "äöü€😀\u0301\u202e\ufeff\x00\x1b\r\n\"\\%/?#&;=+ "])
        return "".join(self.random.choice(pool) for _ in range(self.random.randint(0, most)))

    def segment(self):
        """A segment of a path, escaped well or badly."""
        raw = self.text().encode("utf-8", "surrogatepass")
        if self.chance(0.2):
            raw = bytes(self.random.randrange(256) for _ in range(self.random.randint(1, 6)))
        escaped = "".join(chr(byte) if chr(byte) in string.ascii_letters + string.digits + "-_." and self.chance(0.9)
                          else f"%{byte:02{self.random.choice('xX')}}" for byte in raw)
        if self.chance(0.08):
            escaped += self.random.choice(["%", "%4", "%zz", "..", "/../", "//", "/./", "%2e%2e", "%2F", "%00"])
        return escaped or "x"

    def variable(self, name):
        """A value for a variable of a path, that of the set-up mostly."""
        if name == "pubsub" and self.chance(0.8):
            return self.pubsub
        if name == "topic" and self.chance(0.6):
            return self.random.choice(self.topics)
        return self.segment()

    def path(self, operation):
        """The path of an operation with its variables filled."""
        path = operation.path
        while "{" in path:
            before, rest = path.split("{", 1)
            name, after = rest.split("}", 1)
            path = before + self.variable(name) + after
        return path

    def query(self):
        """Pairs that mean something, and others."""
        pairs = []
        for _ in range(self.random.choice([0, 0, 0, 1, 1, 2, 5])):
            name = self.random.choice([
                "metadata.ttlInSeconds", "metadata.rawPayload", "metadata.cloudevent.id", "metadata.cloudevent.type",
                "metadata.cloudevent.source", "metadata.cloudevent.traceid", "metadata.partitionKey", "metadata.",
                "appid", "metadata.cloudevent.", self.segment()])
            value = self.random.choice(["", "1", "-1", "true", "maybe", "99999999999999999999", "1e3", self.segment()])
            pairs.append(name + self.random.choice(["=", "=", "=", "", ";="]) + value)
        return "?" + "&".join(pairs) if pairs else self.random.choice(["", "", "?", "?&&"])

    def headers(self, content_type):
        """Headers that mean something, with values that may not."""
        headers = []
        if content_type is not None:
            headers.append(("content-type", content_type))
        for name, values in {
            "traceparent": ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-0", "zz", "\xff"],
            "tracestate": ["a=1,b=2", "=", ","], "baggage": ["k=v", "=;", "k=" + "v" * 300], "dapr-app-id": ["other"],
            "origin": ["null", "http://evil.example"], "expect": ["100-continue"], "accept": ["*/*"],
            "grpc-trace-bin": ["AAAA"], "x-" + "n" * 100: ["v" * 1000], "dapr-api-token": ["x"],
            "authorization": ["Basic ZGFwci1hcHAtaWQ6b3RoZXI=", "Basic !!"],
        }.items():
            if self.chance(0.06):
                headers.append((name, self.random.choice(values)))
        return headers

    # -- bodies ------------------------------------------------------------------------------------------------------

    def value(self, depth=0):
        """A JSON value, as text: repeated members, odd numbers and escapes included."""
        kind = self.random.randrange(4 if depth > 4 else 6)
        if kind == 0:
            return self.random.choice(["null", "true", "false"])
        if kind == 1:
            return self.random.choice(["0", "-0", "1", "1.50", "1e3", "-2.5E-3", "12345678901234567890", "1e400"])
        if kind in (2, 3):
            return self.string()
        space = self.random.choice(["", " ", "\n\t"])
        if kind == 4:
            return "[" + (space + ",").join(self.value(depth + 1) for _ in range(self.random.randrange(4))) + "]"
        names = [self.random.choice(['"a"', '"b"', '"\\u0061"', '"data"', '"id"', self.string()])
                 for _ in range(self.random.randrange(5))]
        return "{" + ",".join(f"{space}{name}{space}:{self.value(depth + 1)}" for name in names) + "}"

    def string(self):
        """A JSON string, as text."""
        if self.chance(0.1):
            return self.random.choice(['"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\/"'])
        return json.dumps(self.text(), ensure_ascii=self.chance(0.5))

    def event(self):
        """A body to publish, and the content type that comes with it."""
        kind = self.random.choice(["json", "json", "text", "octet", "cloudevent", "structured", "noise", "none"])
        if kind == "json":
            return self.random.choice(["application/json", "application/json; charset=utf-8"]), self.value().encode()
        if kind == "text":
            return "text/plain", self.text(200).encode("utf-8", "surrogatepass")
        if kind == "octet":
            return "application/octet-stream", self.noise()
        if kind == "cloudevent":
            event = {"specversion": "1.0", "id": self.text(), "source": self.text(), "type": self.text(),
                     "datacontenttype": "application/json", "data": self.text(), self.text(): self.text()}
            for name in list(event):
                if self.chance(0.2):
                    event[name] = self.random.choice([None, 1, [], {}, ""])
                if self.chance(0.1):
                    del event[name]
            return "application/cloudevents+json", json.dumps(event).encode()
        if kind == "structured":
            return "application/cloudevents+json", self.value().encode()
        if kind == "noise":
            return self.random.choice(["application/json", "text/plain", "application/cloudevents+json", "a/b", "",
                                       "application/x-protobuf", "application/grpc", self.text()]), self.noise()
        return None, b""

    def bulk(self):
        """The body of a bulk request."""
        if self.chance(0.2):
            return "application/json", self.event()[1]
        entries = []
        for number in range(self.random.choice([0, 1, 2, 5, 50])):
            entry = {"entryId": str(number), "event": self.text(), "contentType": "text/plain"}
            if self.chance(0.2):
                entry["contentType"] = self.random.choice(["application/json", "application/octet-stream", "x", 1, None])
            if self.chance(0.2):
                entry["event"] = self.random.choice([None, 1, {"a": 1}, base64.b64encode(self.noise()).decode()])
            if self.chance(0.1):
                entry["entryId"] = self.random.choice(["0", "", None, 7])
            if self.chance(0.2):
                entry["metadata"] = self.random.choice([{}, {"a": "b"}, {"a": 1}, [], None, {"rawPayload": "maybe"}])
            entries.append(entry)
        return "application/json", json.dumps(entries).encode()

    def noise(self):
        """Any bytes."""
        return bytes(self.random.randrange(256) for _ in range(self.random.choice([0, 1, 2, 7, 64, 1000])))

    def body(self, content):
        """Content type and body for an operation; now and then those of another one."""
        if self.chance(0.1):
            content = self.random.choice(["event", "bulk", "json", "text", None])
        if content == "event":
            return self.event()
        if content == "bulk":
            return self.bulk()
        if content == "json":
            return "application/json", self.value().encode()
        if content == "text":
            return "text/plain", self.text(50).encode("utf-8", "surrogatepass")
        return None, None

    # -- requests ----------------------------------------------------------------------------------------------------

    def request(self):
        """The next request."""
        operation = self.random.choice(OPERATIONS + OPERATIONS[:3] * 4)
        path, method = self.path(operation), self.random.choice(operation.methods)
        content_type, body = self.body(operation.content)
        if self.chance(0.05):
            method = self.random.choice(ANY + ["FOO", "get"])
        if self.chance(0.05):
            path = "/" + "/".join(self.segment() for _ in range(self.random.randint(0, 5)))
        target = path + self.query()
        data = wire.encode(method, target, self.headers(content_type), body)
        if method not in operation.methods or not path.startswith(operation.path.split("{")[0]):
            operation = None
        return Request(operation, method, data, content_type, body)
