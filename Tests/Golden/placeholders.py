"""Placeholders of the recordings: what they match, and that the same one is the same value all through a case.

`<uuid-1>` matches any version 4 UUID the first time and only that one afterwards; two numbers are two values. The list
is the one of cases/README.md; anything else in angle brackets (`<nil>`, `<b>`) is text and stands for itself.
"""

import base64
import binascii
import datetime
import re
import socket

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
NUMBERED = {
    "uuid": UUID,
    "trace-id": r"(?!0{32})[0-9a-f]{32}",
    "span-id": r"(?!0{16})[0-9a-f]{16}",
    "redis-id": r"\d+-\d+",
}
FREE = {
    "go-time": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? [+-]\d{4} \w+",
    "duration": r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+",
    "content-length": r"\d+",
    "ephemeral-port": r"\d{1,5}",
    "connection-error": r".+",
    "name-resolution-error": r".+",
}
KNOWN = ["app-port", "http-port", "grpc-port", "public-port", "internal-port", "metrics-port", "redis-port",
         "blackhole-port", "tmp-dir", "hostname"]
NAME = re.compile(
    "<(?:(?P<known>" + "|".join(KNOWN) + ")"
    r"|(?P<kind>" + "|".join(NUMBERED) + r")-(?P<number>\d+)"
    "|(?P<free>" + "|".join(FREE) + ")"
    r"|(?P<time>rfc3339)(?P<nano>-nano)?(?P<shift>\+\d+s|\+far|\+\d\d:\d\d)?)>")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
TOLERANCE_SECONDS = 5
COMPONENT_WORDS = "redis streams: error from publish: "


class Values:
    """The values of a case: those given before (ports, directories) and those learned by matching."""

    def __init__(self, known=None, begin=None):
        self.known = {"hostname": socket.gethostname(), **{key: str(value) for key, value in (known or {}).items()}}
        self.learned = {}
        self.begin = begin or datetime.datetime.now(datetime.timezone.utc)

    def snapshot(self):
        """A state to come back to with `restore`."""
        return dict(self.learned)

    def restore(self, state):
        """Forgets what was learned since `snapshot`."""
        self.learned = dict(state)

    def fill(self, text):
        """Puts the given values into an input (resources, requests, answers). Learned ones are put in as well."""
        def value(found):
            if found["known"]:
                return self.known.get(found["known"], found[0])
            if found["kind"]:
                return self.learned.get(found[0], found[0])
            return found[0]
        return NAME.sub(value, text)

    def fill_known(self, text):
        """Puts in the given values only: what is done to an expected text before it is parsed."""
        text = text.replace(COMPONENT_WORDS + "<connection-error>", "<connection-error>")
        return NAME.sub(lambda found: self.known.get(found["known"], found[0]) if found["known"] else found[0], text)

    def learn(self, name, value):
        """Whether `value` can stand for the numbered placeholder `name`."""
        if name in self.learned:
            return self.learned[name] == value
        kind = name.rsplit("-", 1)[0]
        if any(other.rsplit("-", 1)[0] == kind and taken == value for other, taken in self.learned.items()):
            return False
        self.learned[name] = value
        return True


def match(template, actual, values):
    """Whether `actual` is what `template` says; learns the values of numbered placeholders when it is."""
    template = values.fill_known(template)
    if "<base64:" in template:
        return match_base64(template, actual, values)
    if template == actual:
        return True
    pattern, names, at = [], [], 0
    for found in NAME.finditer(template):
        pattern.append(re.escape(template[at:found.start()]))
        pattern.append(f"({expression(found)})")
        names.append(found)
        at = found.end()
    if not names:
        return False
    pattern.append(re.escape(template[at:]))
    result = re.fullmatch("".join(pattern), actual, re.DOTALL)
    if result is None:
        return False
    state = values.snapshot()
    for found, value in zip(names, result.groups()):
        if not accepts(found, value, values):
            values.restore(state)
            return False
    return True


def expression(found):
    """The regular expression of one placeholder, without groups of its own."""
    if found["kind"]:
        return NUMBERED[found["kind"]]
    if found["free"]:
        return FREE[found["free"]]
    if found["known"]:
        return r"[^\s\"]+"
    fraction = r"\.\d{1,9}" if found["nano"] else ""
    shift = found["shift"] or ""
    zone = re.escape(shift) if re.fullmatch(r"\+\d\d:\d\d", shift) else "Z"
    return TIME + fraction + zone


def accepts(found, value, values):
    """Whether a value that has the right form also is the right one."""
    if found["kind"]:
        return values.learn(found[0], value)
    if found["time"]:
        return near(value, found["shift"] or "", values)
    return True


def near(value, shift, values):
    """Whether a time lies between the begin of the case and now, moved by the recorded shift."""
    if shift == "+far":
        return True
    moment = datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", value).replace("Z", "+00:00"))
    moved = datetime.timedelta(seconds=int(shift[1:-1])) if shift.endswith("s") else datetime.timedelta()
    slack = datetime.timedelta(seconds=TOLERANCE_SECONDS)
    now = datetime.datetime.now(datetime.timezone.utc)
    return values.begin + moved - slack <= moment <= now + moved + slack


def match_base64(template, actual, values):
    """`<base64:TEXT>` stands for the base64 of something that matches TEXT; the whole template must be one of these."""
    import compare  # they need each other: TEXT may be JSON
    if not (template.startswith("<base64:") and template.endswith(">")):
        return False
    try:
        decoded = base64.b64decode(actual, validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return False
    return not compare.text_problems("base64", template[len("<base64:"):-1], decoded, values)
