"""Small collectors of what a sidecar tells about itself: an HTTP server that records, and strict readers of the formats.

`Collector` takes Zipkin's JSON and OTLP's protobuf on one port. `prometheus` reads the text format 0.0.4 and refuses what
Prometheus would refuse. `otlp` reads an ExportTraceServiceRequest field by field, without generated code.
"""

import json
import re
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Collector:
    """Records every request; answers `statuses` in order, the last one repeatedly. `tls` is an SSLContext or None."""

    def __init__(self, statuses=(202,), tls=None):
        self.requests = []
        self.changed = threading.Condition()
        self.statuses = list(statuses)
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                with collector.changed:
                    status = collector.statuses.pop(0) if len(collector.statuses) > 1 else collector.statuses[0]
                    collector.requests.append((self.path, dict(self.headers.items()), body, status))
                    collector.changed.notify_all()
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                """Nothing on the console."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                """A sidecar that ends closes its connections: nothing to print."""

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        """Ends the server."""
        self.server.shutdown()
        self.server.server_close()

    def accepted(self):
        """Bodies that were answered with a success, with their paths."""
        with self.changed:
            return [(path, body) for path, _, body, status in self.requests if status < 300]

    def spans(self):
        """Every accepted span as a dictionary of one form, whatever the format was."""
        found = []
        for path, body in self.accepted():
            found += zipkin(body) if path.split("?")[0].endswith("/spans") else otlp(body)
        return found

    def wait_spans(self, condition, timeout=10.0):
        """The spans once `condition(spans)` holds; None when time is up."""
        with self.changed:
            if self.changed.wait_for(lambda: condition(self.spans()), timeout):
                return self.spans()
        return None


def zipkin(body):
    """Zipkin API v2, strictly: the members that it requires, of the types that it requires."""
    spans = []
    for one in json.loads(body):
        assert re.fullmatch(r"[0-9a-f]{32}", one["traceId"]) and re.fullmatch(r"[0-9a-f]{16}", one["id"]), one
        assert "parentId" not in one or re.fullmatch(r"[0-9a-f]{16}", one["parentId"]), one
        assert one["kind"] in ("CLIENT", "SERVER", "PRODUCER", "CONSUMER"), one
        assert isinstance(one["timestamp"], int) and isinstance(one["duration"], int) and one["duration"] > 0, one
        assert all(isinstance(value, str) for value in one["tags"].values()), one
        spans.append({"trace": one["traceId"], "id": one["id"], "parent": one.get("parentId", ""), "name": one["name"],
                      "kind": one["kind"], "start": one["timestamp"] * 1000, "end": (one["timestamp"] + one["duration"]) * 1000,
                      "attributes": one["tags"], "service": one["localEndpoint"]["serviceName"],
                      "error": one["tags"].get("error", "")})
    return spans


def otlp(body):
    """OTLP's ExportTraceServiceRequest (opentelemetry-proto, trace/v1/trace.proto)."""
    spans = []
    for resource_spans in messages(body, 1):
        resource = attributes(messages(resource_spans, 1)[0], 1)
        for scope_spans in messages(resource_spans, 2):
            assert texts(messages(scope_spans, 1)[0], 1) == ["dapr-diagnostics"]
            for span in messages(scope_spans, 2):
                spans.append(span_of(span, resource))
    return spans


KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}


def span_of(span, resource):
    """One span of OTLP in the common form."""
    fields = protobuf(span)
    known = {1: 2, 2: 2, 3: 2, 4: 2, 5: 2, 6: 0, 7: 1, 8: 1, 9: 2, 15: 2, 16: 5}
    assert all(known.get(number) == kind for number, kind, _ in fields), fields
    one = {number: value for number, _, value in fields}
    assert len(one[1]) == 16 and len(one[2]) == 8 and len(one.get(4, bytes(8))) == 8 and one[6] in KINDS
    status = protobuf(one[15]) if 15 in one else []
    return {"trace": one[1].hex(), "id": one[2].hex(), "parent": one.get(4, b"").hex(), "name": one[5].decode(),
            "kind": KINDS[one[6]], "start": one[7], "end": one[8], "attributes": attributes(span, 9), "service": resource["service.name"],
            "resource": resource, "error": next((value.decode() for number, _, value in status if number == 2), "")}


def protobuf(data):
    """The fields of a message: (number, wire type, value); raises where it is not well-formed."""
    fields, at = [], 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        assert number > 0, "field number zero"
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = struct.unpack_from("<Q", data, at)[0], at + 8
        elif kind == 5:
            value, at = struct.unpack_from("<I", data, at)[0], at + 4
        elif kind == 2:
            length, at = varint(data, at)
            assert at + length <= len(data), "a field reaches beyond its message"
            value, at = data[at:at + length], at + length
        else:
            raise AssertionError(f"wire type {kind}")
        fields.append((number, kind, value))
    return fields


def varint(data, at):
    """A variable-length number and where it ends."""
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
        assert shift < 70, "a number that does not end"


def messages(data, number):
    """The bytes of every field of one number."""
    return [value for found, kind, value in protobuf(data) if found == number and kind == 2]


def texts(data, number):
    """Like `messages`, as text."""
    return [value.decode() for value in messages(data, number)]


def attributes(data, number):
    """KeyValue fields with text values, as a dictionary."""
    pairs = {}
    for pair in messages(data, number):
        pairs[texts(pair, 1)[0]] = texts(messages(pair, 2)[0], 1)[0]
    return pairs


NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL})(?:,{LABEL})*)\}})? (\S+)")


def prometheus(text):
    """The text format 0.0.4, strictly: {(name, labels): value} with labels as a sorted tuple of pairs.

    Each metric has one HELP and one TYPE before its samples, its samples stand together, no series comes twice, labels
    are in order, histograms are cumulative and their +Inf bucket is their count.
    """
    assert text.endswith("\n")
    samples, kinds, current, seen = {}, {}, None, set()
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            current = line.split(" ")[2]
            assert current not in seen, f"{current} comes twice"
            seen.add(current)
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == current and kind in ("counter", "gauge", "histogram"), line
            kinds[name] = kind
            continue
        found = SAMPLE.fullmatch(line)
        assert found, f"no sample: {line}"
        name, value = found[1], float(found[found.re.groups])
        labels = tuple((key, unescape(text)) for key, text in re.findall(LABEL, found[2] or ""))
        family = current if kinds[current] == "histogram" and name in (
            current + "_bucket", current + "_sum", current + "_count") else name
        assert family == current, f"{name} among the samples of {current}"
        plain = [key for key, _ in labels if key != "le"]
        assert plain == sorted(plain) and len(set(plain)) == len(plain), line
        assert (name, labels) not in samples, f"twice: {line}"
        samples[(name, labels)] = value
    for name, kind in kinds.items():
        if kind == "histogram":
            check_histogram(name, samples)
    return samples


def check_histogram(name, samples):
    """Buckets grow, and the last one is the count."""
    series = {}
    for (sample, labels), value in samples.items():
        if sample == name + "_bucket":
            rest = tuple(pair for pair in labels if pair[0] != "le")
            series.setdefault(rest, []).append((float(dict(labels)["le"]), value))
    for rest, buckets in series.items():
        bounds, counts = [bound for bound, _ in buckets], [count for _, count in buckets]
        assert bounds == sorted(set(bounds)) and bounds[-1] == float("inf"), (name, bounds)
        assert counts == sorted(counts) and counts[-1] == samples[(name + "_count", rest)], (name, counts)
        assert (name + "_sum", rest) in samples


def unescape(text):
    """A label's value as it was."""
    return re.sub(r'\\(.)', lambda found: "\n" if found[1] == "n" else found[1], text)


def key(name, /, **labels):
    """The key of a sample."""
    return name, tuple(sorted((label, str(value)) for label, value in labels.items()))
