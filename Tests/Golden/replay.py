#!/usr/bin/env python3
"""Replays recorded exchanges of daprd against the binary under test.

    replay.py --binary .build/debug/martlet [--workers N] [--files publish,health] [--case NAME]... [--all] [--verbose]

What is compared, and with which tolerances: compare.py. Which cases count: selected.json. Where the binary is better on
purpose: differences.json; these are played too and must show what is written there. The last line is
`golden: passed/total, differing on purpose: N`; the exit status is 0 only when all passed.
"""

import argparse
import multiprocessing
import os
import signal
import sys
import time

import selection
from judge import judge
from player import Player

PARENT_SECONDS = 45.0  # a case ends itself after 30 s


class Verdict:
    """The outcome of one case: `problems` by place; `on_purpose` where a difference is declared."""

    def __init__(self, file, name, problems, on_purpose, seconds):
        self.file = file
        self.name = name
        self.problems = problems
        self.on_purpose = on_purpose
        self.seconds = seconds


def play_one(job):
    """Plays one case in a worker process."""
    file, case, skip, program, difference, timeout = job
    begin = time.monotonic()
    wanted = selection.changed(case, difference) if difference else case
    for _ in range(3):
        seen = Player(wanted, program).play(timeout)
        if not (seen.failure and "ddress already in use" in seen.failure):
            break
    problems = judge(wanted, seen, skip)
    if difference and not problems:
        problems = unchanged(case, difference, seen, skip)
    return Verdict(file, case["name"], problems, bool(difference), time.monotonic() - begin)


def unchanged(case, difference, seen, skip):
    """Where a declared difference does not differ any more from the recording."""
    recorded = judge(case, seen, skip)
    places = list(difference.get("steps", {})) or [""]
    if not recorded:
        return {"": ["behaves exactly as recorded: take it out of differences.json"]}
    stale = [place for place in places if place and place not in recorded]
    return {place: ["behaves exactly as recorded: take the step out of differences.json"] for place in stale}


def report(verdict, verbose):
    """Prints a verdict."""
    if not verdict.problems:
        if verbose:
            print(f"ok      {verdict.file}/{verdict.name} ({verdict.seconds:.1f} s)"
                  + (", differs on purpose" if verdict.on_purpose else ""))
        return
    print(f"FAILED  {verdict.file}/{verdict.name} ({verdict.seconds:.1f} s)")
    for place, problems in verdict.problems.items():
        for problem in problems:
            print(f"  {place or 'case'}: {problem}")
    sys.stdout.flush()


def worker_start():
    """Workers end on the parent's word only, and through `finally`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def run(jobs, workers, verbose):
    """Plays the jobs on worker processes; verdicts in the order in which they end."""
    verdicts, missing = [], len(jobs)
    pool = multiprocessing.get_context("fork").Pool(workers, worker_start)
    try:
        pending = [(job, pool.apply_async(play_one, (job,))) for job in jobs]
        limit = time.monotonic() + PARENT_SECONDS * (len(jobs) / workers + 2)
        for job, result in pending:
            try:
                verdict = result.get(max(1.0, limit - time.monotonic()))
                missing -= 1
            except multiprocessing.TimeoutError:
                verdict = Verdict(job[0], job[1]["name"], {"": ["the worker did not come back"]}, False, 0)
            except Exception as error:  # a defect of the replayer must show as one failed case
                verdict = Verdict(job[0], job[1]["name"], {"": [f"replayer: {error!r}"]}, False, 0)
            verdicts.append(verdict)
            report(verdict, verbose)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    finally:
        # A worker that is ended while it waits for its next job may keep the lock that the others wait for: those that are done go by themselves.
        pool.terminate() if missing else pool.close()
        pool.join()
    return verdicts


def default_binary():
    """`MARTLET_BINARY`, or what was built last."""
    import sidecar
    try:
        return sidecar.binary()
    except FileNotFoundError:
        return None


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Replays recorded daprd exchanges against a binary.")
    parser.add_argument("--binary", default=default_binary(), help="binary under test (default: MARTLET_BINARY)")
    parser.add_argument("--workers", type=int, default=4 * (os.cpu_count() or 1), help="cases at a time")
    parser.add_argument("--files", help="recordings, comma separated (default: those of selected.json)")
    parser.add_argument("--case", action="append", help="play only this case; may be repeated")
    parser.add_argument("--all", action="store_true", help="also what selected.json puts off")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds for one case")
    parser.add_argument("--verbose", action="store_true", help="also name what passed and what was put off")
    return parser.parse_args()


def main():
    """Selects, plays, counts."""
    sys.stdout.reconfigure(errors="backslashreplace")
    options = arguments()
    if not options.binary or not os.access(options.binary, os.X_OK):
        print(f"golden: no binary under test at {options.binary}", file=sys.stderr)
        return 2
    try:
        chosen = selection.select(options.files.split(",") if options.files else None, options.case, options.all)
    except selection.SelectionError as error:
        print(f"golden: {error}", file=sys.stderr)
        return 2
    differences = selection.load("differences.json")
    jobs = []
    for file, case, later in chosen:
        if isinstance(later, str):
            if options.verbose:
                print(f"later   {file}/{case['name']}: {later}")
            continue
        jobs.append((file, case, later or set(), os.path.abspath(options.binary), differences.get(case["name"]),
                     options.timeout))
    defects = selection.check_lists()
    for defect in defects:
        print(f"FAILED  {defect}")
    verdicts = run(jobs, max(1, options.workers), options.verbose)
    passed = sum(not verdict.problems for verdict in verdicts)
    on_purpose = sum(verdict.on_purpose and not verdict.problems for verdict in verdicts)
    print(f"golden: {passed}/{len(jobs)}, differing on purpose: {on_purpose}")
    return 0 if passed == len(jobs) and not defects else 1


if __name__ == "__main__":
    sys.exit(main())
