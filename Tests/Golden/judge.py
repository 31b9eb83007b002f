"""Judges a whole case: an Observation of one run against a recording. Pure, so that it can be tested by mutation."""

import compare
from placeholders import Values


class StepSeen:
    """One step: `response` (Response, text or None), `deliveries`, `lines` of the log, `exit_status`."""

    def __init__(self, response=None, deliveries=(), lines=(), exit_status=None):
        self.response = response
        self.deliveries = list(deliveries)
        self.lines = list(lines)
        self.exit_status = exit_status


class Observation:
    """What happened in one run of a case; `failure` says why the run could not go on."""

    def __init__(self, known=None, begin=None):
        self.known = known or {}
        self.begin = begin
        self.startup = []
        self.startup_lines = []
        self.exit_status = None
        self.stderr = False
        self.steps = []
        self.failure = None


def step_name(step, index):
    """How a step is called in reports and in the lists: its name, else its number, `#3`."""
    return step.get("name") or f"#{index + 1}"


def judge(case, seen, skip=()):
    """Problems by place: `start`, `exit`, names of steps (`""`: the case as a whole). Empty when all is as recorded."""
    values = Values(seen.known, seen.begin)
    problems = {}

    def note(place, found):
        if found:
            problems.setdefault(place, []).extend(found)

    if seen.failure:
        note("start", [seen.failure])
    if "exit" in case:
        note("exit", exit_problems(case["exit"], seen))
    elif not seen.failure:
        note("start", compare.deliveries_problems(case.get("startup", []), seen.startup, values,
                                                  case.get("startup_unordered", False), what="start-up request"))
    note("start", compare.log_problems(case.get("startup_logs", []), seen.startup_lines))
    for index, (step, step_seen) in enumerate(zip(case.get("steps", []), seen.steps)):
        name = step_name(step, index)
        if name not in skip:
            note(name, step_problems(step, step_seen, values))
    if len(seen.steps) < len(case.get("steps", [])) and not seen.failure:
        note("", [f"only {len(seen.steps)} of {len(case['steps'])} steps were run"])
    note("", silence_problems(case, seen))
    return problems


def step_problems(step, seen, values):
    """Problems of one step."""
    problems = []
    if "response" in step:
        problems += compare.response_problems(step["response"], seen.response, values,
                                              step.get("request", {}).get("method", "GET"))
    if "deliveries" in step:
        problems += compare.deliveries_problems(step["deliveries"], seen.deliveries, values,
                                                step.get("unordered", False), step.get("entries_sorted", False))
    if "exit" in step and seen.exit_status != step["exit"]["status"]:
        problems.append(f"exit status {seen.exit_status} instead of {step['exit']['status']}")
    return problems + compare.log_problems(step.get("logs", []), seen.lines)


def exit_problems(expected, seen):
    """Rule 8: the status, and an explanation."""
    problems = []
    if seen.exit_status != expected["status"]:
        problems.append(f"exit status {seen.exit_status} instead of {expected['status']}")
    explained = seen.stderr or compare.worst(line.level for line in seen.startup_lines) >= compare.LEVELS.index("error")
    if expected["status"] != 0 and not explained:
        problems.append("it ended without an explanation in its output")
    return problems


def silence_problems(case, seen):
    """Rule 6: a case that was silent must not log errors."""
    steps = case.get("steps", [])
    if case.get("startup_logs") or "exit" in case or any("logs" in step or "kill_redis" in step for step in steps):
        return []
    lines = [line for part in [seen.startup_lines] + [one.lines for one in seen.steps] for line in part]
    bad = [line.text for line in lines if line.level in ("error", "fatal")]
    return [f"error lines in a case that was recorded without any:\n      " + "\n      ".join(bad[:5])] if bad else []
