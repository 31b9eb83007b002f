#!/usr/bin/env python3
"""Runs the end-to-end tests, one process per file, on two workers.

    run.py [--binary PATH] [--workers 2] [--verbose] [test_kill ...]

Prints the accounting lines of the tests, what failed, and last `N passed, N failed`. A file that does not end within
its time is killed and counts as one failure. Exit status 0 only when nothing failed.
"""

import argparse
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
FILE_SECONDS = 300
MARK = "end-to-end-result: "


def run_file(name, binary):
    """Runs one file in its own process; (name, output, passed, failed, skipped)."""
    environment = dict(os.environ)
    if binary:
        environment["MARTLET_BINARY"] = os.path.abspath(binary)
    process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--one", name], cwd=HERE, env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output, _ = process.communicate(timeout=FILE_SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()  # ends through its exit handlers, which end what it started
        try:
            output, _ = process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
        return name, output + f"\nnot done after {FILE_SECONDS} s\n", 0, 1, 0
    found = re.search(re.escape(MARK) + r"(.*)", output)
    if found is None:
        return name, output, 0, 1, 0
    result = json.loads(found[1])
    return name, output.replace(found[0] + "\n", ""), result["passed"], result["failed"], result["skipped"]


def run_one(name):
    """The tests of one file in this process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.path.insert(0, HERE)
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    bad = {getattr(test, "test_case", test) for test, _ in result.failures + result.errors}
    ran = sum(isinstance(test, unittest.TestCase) for test in bad)  # the others are classes that could not be set up
    print(MARK + json.dumps({"passed": result.testsRun - ran - len(result.skipped), "failed": len(bad),
                             "skipped": len(result.skipped)}))
    return 0


def main():
    """Runs the files, prints and counts."""
    parser = argparse.ArgumentParser(description="Runs the end-to-end tests.")
    parser.add_argument("--binary", help="binary under test (default: MARTLET_BINARY)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="print the whole output of every file")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", help="names of test files (default: all)")
    options = parser.parse_args()
    if options.one:
        return run_one(options.one)
    names = options.files or sorted(name[:-3] for name in os.listdir(HERE) if re.fullmatch(r"test_\w+\.py", name))
    passed = failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, options.workers)) as pool:
        for done in concurrent.futures.as_completed(
                [pool.submit(run_file, re.sub(r"\.py$", "", name), options.binary) for name in names]):
            name, output, good, bad, left = done.result()
            passed, failed, skipped = passed + good, failed + bad, skipped + left
            print(f"{name}: {good} passed, {bad} failed" + (f", {left} skipped" if left else ""))
            for line in output.splitlines():
                figures = re.search(r"(?:^|\.\.\. )(test_\w+ (?!\().*\d.*)", line)
                if options.verbose or bad:
                    print(f"  {line}")
                elif figures:
                    print(f"  {figures[1]}")
            sys.stdout.flush()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
