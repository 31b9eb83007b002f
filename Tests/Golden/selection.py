"""Which cases are played, and what is expected of those that differ on purpose.

selected.json: `files` (names without .json) and `later`: cases, or steps of cases, that need what is not built yet,
with the reason. differences.json: case → `reason` and what is expected instead: `case` (fields of the case), `steps`
(name or `#3` → fields of the step). In `deliveries` an entry may be `{"like": n}` or `{"like": ["step", n]}`: the
recorded delivery number n (from 0) of this or that step, with the fields that stand beside it changed. `ready` may
also be `answering`: the first step begins as soon as the API answers anything.
"""

import copy
import json
import os

from judge import step_name

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases")


class SelectionError(Exception):
    """A list names something that is not there."""


def load(name):
    """A JSON file of this directory."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return json.load(file)


def all_files():
    """Names of the recordings."""
    return sorted(name[:-5] for name in os.listdir(CASES) if name.endswith(".json"))


def cases_of(file):
    """The cases of one recording."""
    with open(os.path.join(CASES, file + ".json"), encoding="utf-8") as handle:
        return json.load(handle)["cases"]


def needs_grpc(case):
    """Whether a case speaks gRPC, which this replayer does not."""
    if (case.get("app") or {}).get("protocol") == "grpc":
        return True
    return any("rpc" in step.get("request", {}) or "stream" in step for step in case.get("steps", []))


def select(files=None, names=None, everything=False):
    """The cases to play as (file, case, later): `later` is None (all of it), step names, or the reason as text.

    A case named on the command line is played in any case.
    """
    selected = load("selected.json")
    chosen = files or (all_files() if names else selected["files"])
    later = selected["later"]
    known = {}
    for file in chosen:
        if file not in all_files():
            raise SelectionError(f"no recording is called {file}; there are {', '.join(all_files())}")
        for case in cases_of(file):
            known[case["name"]] = (file, case)
    if missing := [name for name in names or [] if name not in known]:
        raise SelectionError(f"no case is called {', '.join(missing)}")
    result = []
    for name, (file, case) in known.items():
        if names and name not in names:
            continue
        entry = None if names or everything else later.get(name)
        put_off = None
        if needs_grpc(case):
            put_off = "gRPC"
        elif entry is not None:
            put_off = set(entry["steps"]) if "steps" in entry else entry["reason"]
        result.append((file, case, put_off))
    return result


def check_lists():
    """Problems of the two lists themselves: names that no recording has, entries without a reason."""
    known = {case["name"]: case for file in all_files() for case in cases_of(file)}
    problems = []
    for title, entries in (("selected.json: later", load("selected.json")["later"]),
                           ("differences.json", load("differences.json"))):
        for name, entry in entries.items():
            if name not in known:
                problems.append(f"{title}: no case is called {name}")
                continue
            if not entry.get("reason"):
                problems.append(f"{title}: {name} has no reason")
            steps = [step_name(step, index) for index, step in enumerate(known[name].get("steps", []))]
            problems += [f"{title}: {name} has no step {step}" for step in entry.get("steps", []) if step not in steps]
    return problems


def changed(case, difference):
    """The case with what is expected instead."""
    result = copy.deepcopy(case)
    for key, value in difference.get("case", {}).items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = copy.deepcopy(value)
    by_name = {step_name(step, index): step for index, step in enumerate(case.get("steps", []))}
    for index, step in enumerate(result.get("steps", [])):
        expect = difference.get("steps", {}).get(step_name(step, index))
        for key, value in (expect or {}).items():
            if value is None:
                step.pop(key, None)
            elif key == "deliveries":
                step[key] = [delivery(entry, step_name(step, index), by_name) for entry in value]
            else:
                step[key] = copy.deepcopy(value)
    return result


def delivery(entry, here, steps):
    """An expected delivery; see `like` above."""
    if "like" not in entry:
        return copy.deepcopy(entry)
    step, number = (here, entry["like"]) if isinstance(entry["like"], int) else entry["like"]
    like = copy.deepcopy(steps[step]["deliveries"][number])
    like.update({key: value for key, value in entry.items() if key != "like"})
    return like
