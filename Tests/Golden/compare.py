"""Compares what the binary did with what the recording says. Pure: works on an Observation, starts and sends nothing.

Everything recorded is compared, exactly, apart from the rules below. They exist because an HTTP server may legitimately
differ there, or because the recording itself does not promise more (cases/README.md); there are no others.

1. Header order and the case of header names do not count; `date` is ignored (as in the recording).
2. `content-length` and `transfer-encoding: chunked` may stand for each other; a length must be that of the real body
   (any, in the answer to HEAD).
   A 204 must have neither unless the recording has it.
3. What Go's HTTP client says about itself in requests to the application is compared with CLIENT_HEADERS below.
4. JSON bodies are compared as values: order of members, insignificant white space and escapes do not count. Numbers are
   compared as they are written (`1.50` is not `1.5`); a member that stands twice is not the same as one that stands once.
5. `runtimeVersion` and `daprRuntimeVersion` are those of the binary: any text that Dapr's SDKs accept. Names of
   features that are built into daprd (BUILT_IN_FEATURES) are left out on both sides; configured ones count.
6. Logs: texts may be better than daprd's. Where the recording has lines, at least one of the worst recorded level or
   worse must have been written in that step; lines named in REQUIRED_TEXTS must be there as they are. A case without
   any recorded line must not write one of level error or worse (unless it kills its broker). Warnings about flags that
   are given in every case do not count (STANDING_WARNING), as the recordings leave out daprd's own.
7. `unordered`, `startup_unordered`, `entries_sorted`: as the recording says. `<connection-error>` is any text, together
   with the words of daprd's Redis component before it (COMPONENT_WORDS in placeholders.py).
8. At an exit the status counts, and that there is an explanation: a line of level error or worse, or text on stderr.
"""

import json
import re

import placeholders

CLIENT_HEADERS = {
    # header: (recorded value, pattern for the binary's; None = may also be absent)
    "user-agent": ("Go-http-client/1.1", r"martlet(/\S+)?|Go-http-client/1\.1", True),
    "accept-encoding": ("gzip", r"identity|gzip", True),
}
VERSION = r"edge|\d+\.\d+\.\d+(-rc\.\d+)?"
VERSION_MEMBERS = ("runtimeVersion", "daprRuntimeVersion")
BUILT_IN_FEATURES = {"HotReload", "WorkflowsRemoteActivityReminder"}
STANDING_WARNING = re.compile(
    r"--(dapr-grpc-port|dapr-internal-grpc-\S+|placement-host-address|scheduler-host-address|metrics-\S+)[,:]")
LEVELS = ["debug", "info", "warning", "error", "fatal"]
REQUIRED_TEXTS = ("Daprd shutdown gracefully", "Shutdown requested via API",
                  "Skipping programmatic subscription loading", "Skipping programmatic dapr configuration loading")


class Number(str):
    """A JSON number as it was written."""


def parse(text):
    """JSON with numbers as they are written; an object that has a member twice is unlike every other. Raises ValueError."""
    def members(pairs):
        result = dict(pairs)
        return result if len(result) == len(pairs) else {"<members, one of them twice>": [list(pair) for pair in pairs]}
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number, object_pairs_hook=members)


def short(value, limit=600):
    """A value for a report."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[:limit] + f"… ({len(text)} characters)"


def difference(where, expected, actual):
    """A problem in three lines."""
    return f"{where}\n    recorded: {short(expected)}\n    answered: {short(actual)}"


# -- values ------------------------------------------------------------------------------------------------------------


def text_problems(where, expected, actual, values):
    """Compares a body or another text: as JSON when the recorded one is a JSON object or array, else as text."""
    wanted = values.fill_known(expected)
    if wanted.strip()[:1] in ("{", "["):
        try:
            parsed = parse(wanted)
        except ValueError:
            parsed = None
        if parsed is not None:
            try:
                return value_problems(where, parsed, parse(actual), values)
            except ValueError as error:
                return [difference(f"{where}: not the JSON that was recorded ({error})", expected, actual)]
    return [] if placeholders.match(expected, actual, values) else [difference(where, expected, actual)]


def value_problems(where, expected, actual, values):
    """Compares two parsed JSON values."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        problems = []
        for key in sorted(expected.keys() | actual.keys()):
            if key not in actual:
                problems.append(f"{where}.{key}: missing\n    recorded: {short(expected[key])}")
            elif key not in expected:
                problems.append(f"{where}.{key}: not in the recording\n    answered: {short(actual[key])}")
            else:
                problems += member_problems(f"{where}.{key}", key, expected[key], actual[key], values)
        return problems
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return [difference(f"{where}: {len(actual)} elements instead of {len(expected)}", expected, actual)]
        return [problem for index, (one, other) in enumerate(zip(expected, actual))
                for problem in value_problems(f"{where}[{index}]", one, other, values)]
    if type(expected) is str and type(actual) is str:
        return [] if placeholders.match(expected, actual, values) else [difference(where, expected, actual)]
    return [] if type(expected) is type(actual) and expected == actual else [difference(where, expected, actual)]


def member_problems(where, key, expected, actual, values):
    """`value_problems` with rule 5."""
    if key in VERSION_MEMBERS and type(actual) is str and re.fullmatch(VERSION, str(expected)):
        return [] if re.fullmatch(VERSION, actual) else [f"{where}: {actual!r} is not a version that SDKs accept"]
    if key == "enabledFeatures" and isinstance(expected, list) and isinstance(actual, list):
        expected, actual = (sorted(set(map(str, names)) - BUILT_IN_FEATURES) for names in (expected, actual))
    return value_problems(where, expected, actual, values)


# -- headers -----------------------------------------------------------------------------------------------------------


def header_problems(where, expected, actual, body, values, to_app=False, status=None, bodiless=False):
    """Compares headers: `expected` name → text or list, `actual` pairs. `bodiless`: a length is not `body`'s."""
    wanted = {name: value if isinstance(value, list) else [value] for name, value in expected.items()}
    came = {}
    for name, value in actual:
        if name != "date":
            came.setdefault(name, []).append(value)
    problems = framing_problems(where, wanted, came, None if bodiless else body, status)
    for name in sorted(wanted.keys() | came.keys()):
        if to_app and name in CLIENT_HEADERS and wanted.get(name, [None])[0] == CLIENT_HEADERS[name][0]:
            _, pattern, optional = CLIENT_HEADERS[name]
            given = came.get(name)
            if not (optional if given is None else len(given) == 1 and re.fullmatch(pattern, given[0])):
                problems.append(f"{where}: {name}: {given} does not match {pattern}")
        elif name not in came:
            problems.append(f"{where}: {name} is missing\n    recorded: {wanted[name]}")
        elif name not in wanted:
            if not (to_app and name in CLIENT_HEADERS and re.fullmatch(CLIENT_HEADERS[name][1], came[name][0])):
                problems.append(f"{where}: {name} is not in the recording\n    answered: {came[name]}")
        elif len(wanted[name]) != len(came[name]):
            problems.append(difference(f"{where}: {name}", wanted[name], came[name]))
        else:
            for one, other in zip(wanted[name], came[name]):
                if one.startswith(("{", "[")):
                    problems += text_problems(f"{where}: {name}", one, other, values)
                elif not placeholders.match(one, other, values):
                    problems.append(difference(f"{where}: {name}", one, other))
    return problems


def framing_problems(where, wanted, came, body, status):
    """Rule 2. Takes the two framing headers out of both."""
    expected = [name for name in ("content-length", "transfer-encoding") if wanted.pop(name, None)]
    length, coding = came.pop("content-length", None), came.pop("transfer-encoding", None)
    if length and coding:
        return [f"{where}: both content-length {length} and transfer-encoding {coding}"]
    if length and body is not None and (len(length) != 1 or length[0] != str(len(body))):
        return [f"{where}: content-length {length}, but the body has {len(body)} bytes"]
    if coding and [value.lower() for value in coding] != ["chunked"]:
        return [f"{where}: transfer-encoding {coding}"]
    if expected and not length and not coding:
        return [f"{where}: neither content-length nor chunked; recorded was {expected}"]
    if not expected and (coding or (length and status == 204)):
        return [f"{where}: framing headers that the recording has not: {length or coding}"]
    return []


# -- messages ----------------------------------------------------------------------------------------------------------


def response_problems(expected, actual, values, method="GET"):
    """Compares a response; `actual` is a Response or a text that says why there is none. `method` is the request's."""
    if isinstance(expected["status"], str) or isinstance(actual, str):
        if isinstance(expected["status"], str) and expected["status"] == actual:
            return []
        return [difference("response", str(expected["status"]), str(actual))]
    problems = []
    if expected["status"] != actual.status:
        answered = f"{actual.status} {actual.body[:300]!r}"
        problems.append(difference("response status", str(expected["status"]), answered))
    problems += header_problems("response header", expected.get("headers", {}), actual.headers, actual.body, values,
                                status=actual.status, bodiless=method == "HEAD")
    if "body_base64" in expected:
        return problems + bytes_problems("response body", expected["body_base64"], actual.body)
    body = actual.body.decode("utf-8", "surrogateescape")
    return problems + text_problems("response body", expected.get("body", ""), body, values)


def bytes_problems(where, expected, actual):
    """Compares with a body that was recorded in base64."""
    import base64
    return [] if base64.b64decode(expected) == actual else [difference(where, expected, repr(actual))]


def delivery_problems(where, expected, actual, values, entries_sorted=False):
    """Compares one request that the application received."""
    if expected["method"] != actual.method:
        return [difference(f"{where} method", expected["method"], actual.method)]
    if not placeholders.match(expected["path"], actual.path, values):
        return [difference(f"{where} path", expected["path"], actual.path)]
    body = actual.body.decode("utf-8", "surrogateescape")
    if entries_sorted:
        body = sort_entries(body)
    problems = text_problems(f"{where} body", expected.get("body", ""), body, values)
    # Headers of deliveries are recorded byte for byte, each byte as the character of its number.
    headers = [(name, value.encode("utf-8", "surrogateescape").decode("latin-1")) for name, value in actual.headers]
    return problems + header_problems(f"{where} header", expected.get("headers", {}), headers, actual.body,
                                      values, to_app=True)


def sort_entries(body):
    """A bulk body with its entries sorted by their data."""
    try:
        parsed = json.loads(body)
        parsed["entries"].sort(key=lambda entry: json.dumps(
            entry["event"].get("data") if isinstance(entry["event"], dict) else entry["event"], sort_keys=True))
        return json.dumps(parsed, ensure_ascii=False)
    except (ValueError, KeyError, TypeError, AttributeError):
        return body


def deliveries_problems(expected, actual, values, unordered=False, entries_sorted=False, what="delivery"):
    """Compares all requests of a step: as many, in this order unless `unordered`."""
    problems = []
    if len(expected) != len(actual):
        listing = "\n".join(f"      {one!r}" for one in actual) or "      none"
        problems.append(f"{len(actual)} × {what} instead of {len(expected)}; these came:\n{listing}")
    if unordered and not problems:
        return pair_up(expected, actual, values, entries_sorted)
    for index, (one, other) in enumerate(zip(expected, actual)):
        problems += delivery_problems(f"{what} {index + 1}", one, other, values, entries_sorted)
    return problems


def pair_up(expected, actual, values, entries_sorted):
    """Finds for each recorded delivery one that came, so that all placeholders agree; the nearest miss otherwise."""
    def search(index, left):
        if index == len(expected):
            return []
        best = None
        for position, candidate in enumerate(left):
            state = values.snapshot()
            found = delivery_problems(f"delivery {index + 1}", expected[index], candidate, values, entries_sorted)
            if not found:
                found = search(index + 1, left[:position] + left[position + 1:])
                if not found:
                    return []
            values.restore(state)
            best = found if best is None or len(found) < len(best) else best
        return best or [f"delivery {index + 1}: none is left"]
    return search(0, list(actual))


# -- logs --------------------------------------------------------------------------------------------------------------


def worst(levels):
    """Index of the worst level, -1 without one."""
    return max((LEVELS.index(level) for level in levels if level in LEVELS), default=-1)


def log_problems(expected, actual):
    """Rule 6 for one step; `expected` recorded lines, `actual` LogLines."""
    problems = []
    actual = [line for line in actual if not STANDING_WARNING.search(line.text)]
    wanted = worst(line["level"] for line in expected)
    if wanted > LEVELS.index("info") and worst(line.level for line in actual) < wanted:
        lines = "\n".join(f"      {line.text}" for line in actual[-8:]) or "      none"
        problems.append(f"no log line of level {LEVELS[wanted]} or worse; recorded: "
                        f"{short(expected[0]['msg'], 200)}\n    written:\n{lines}")
    for line in expected:
        if line["msg"].startswith(REQUIRED_TEXTS) and not any(line["msg"] in one.text for one in actual):
            problems.append(f"no log line with the text {line['msg']!r}")
    return problems
