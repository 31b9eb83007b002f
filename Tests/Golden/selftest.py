#!/usr/bin/env python3
"""Shows that the replayer can fail: undamaged recordings pass, every kind of damage is found.

Needs no binary. `python3 selftest.py`
"""

import copy
import json
import sys
import unittest

import compare
import selection
from imitation import Imitation, observe
from judge import judge
from placeholders import Values, match


def playable():
    """All recorded cases that do not speak gRPC."""
    cases = [case for file in selection.all_files() for case in selection.cases_of(file)]
    return [case for case in cases if not selection.needs_grpc(case)]


def case_named(name):
    """One recorded case."""
    return next(case for case in playable() if case["name"] == name)


class Undamaged(unittest.TestCase):
    def test_every_recording_agrees_with_itself(self):
        for case in playable():
            with self.subTest(case["name"]):
                self.assertEqual(judge(case, observe(case)), {})

    def test_the_lists_name_what_exists(self):
        self.assertEqual(selection.check_lists(), [])

    def test_a_declared_difference_is_a_difference(self):
        for name, difference in selection.load("differences.json").items():
            with self.subTest(name):
                case = case_named(name)
                wanted = selection.changed(case, difference)
                self.assertEqual(judge(wanted, observe(wanted)), {})
                self.assertNotEqual(judge(case, observe(wanted)), {})


class Damaged(unittest.TestCase):
    """One damage per test, done to the first, middle and last step of every recording where it is possible."""

    def damage(self, change, enough=20):
        """Applies `change(step, seen)` (False: not possible here) to copies of the steps; each must be found."""
        done = 0
        for case in playable():
            clean = observe(case)
            steps = case.get("steps", [])
            for index in sorted({0, len(steps) // 2, len(steps) - 1} if steps else {}):
                step, keep = steps[index], clean.steps[index]
                clean.steps[index] = copy.deepcopy(keep)
                if change(step, clean.steps[index]) is not False:
                    done += 1
                    self.assertTrue(judge(case, clean), f"not found in {case['name']} step {index + 1}")
                clean.steps[index] = keep
        self.assertGreater(done, enough)

    def test_another_status(self):
        def change(step, seen):
            if not hasattr(seen.response, "status"):
                return False
            seen.response.status = 500 if seen.response.status != 500 else 204
        self.damage(change)

    def test_no_answer(self):
        def change(step, seen):
            if not hasattr(seen.response, "status"):
                return False
            seen.response = "connection closed without an answer"
        self.damage(change)

    def test_a_missing_delivery(self):
        def change(step, seen):
            if not seen.deliveries:
                return False
            seen.deliveries.pop()
        self.damage(change)

    def test_an_extra_delivery(self):
        def change(step, seen):
            if "deliveries" not in step or not seen.deliveries:
                return False
            seen.deliveries.append(seen.deliveries[-1])
        self.damage(change)

    def test_a_delivery_where_none_was(self):
        extra = observe(case_named("publish-json-bodies")).steps[0].deliveries[0]

        def change(step, seen):
            if step.get("deliveries") != []:
                return False
            seen.deliveries.append(extra)
        self.damage(change)

    def test_a_delivery_to_another_path(self):
        def change(step, seen):
            if not seen.deliveries:
                return False
            seen.deliveries[0].path += "x"
        self.damage(change)

    def test_a_wrong_header_of_a_delivery(self):
        def change(step, seen):
            if not seen.deliveries:
                return False
            headers = seen.deliveries[0].headers
            place = next((at for at, (name, _) in enumerate(headers) if name in ("content-type", "pubsubname")), None)
            if place is None:
                return False
            headers[place] = (headers[place][0], "application/json; wrong")
        self.damage(change)

    def test_a_header_too_many(self):
        def change(step, seen):
            if not seen.deliveries:
                return False
            seen.deliveries[0].headers.append(("x-more", "1"))
        self.damage(change)

    def test_a_header_too_few_in_the_answer(self):
        def change(step, seen):
            if not hasattr(seen.response, "headers"):
                return False
            left = [pair for pair in seen.response.headers if pair[0] != "traceparent"]
            if len(left) == len(seen.response.headers):
                return False
            seen.response.headers = left
        self.damage(change)

    def test_a_member_less_in_a_body(self):
        def change(step, seen):
            for one in seen.deliveries:
                try:
                    body = json.loads(one.body)
                    del body["specversion"]
                except (ValueError, KeyError, TypeError):
                    continue
                one.body = json.dumps(body).encode()
                one.headers = [(name, str(len(one.body)) if name == "content-length" else value)
                               for name, value in one.headers]
                return None
            return False
        self.damage(change)

    def test_no_log_line(self):
        def change(step, seen):
            levels = [line["level"] for line in step.get("logs", [])]
            if compare.worst(levels) <= compare.LEVELS.index("info"):
                return False
            seen.lines = []
        self.damage(change)

    def test_a_placeholder_with_another_value(self):
        case = case_named("deadletter-kinds-of-events")
        seen = observe(case)
        second = seen.steps[0].deliveries[1]
        self.assertIn(b"-0000-4000-", second.body)
        second.body = second.body.replace(b"-0000-4000-", b"-0001-4000-")
        self.assertTrue(judge(case, seen))

    def test_one_value_for_two_placeholders(self):
        case = case_named("publish-json-bodies")
        seen = observe(case)
        first, second = (seen.steps[index].deliveries[0] for index in (0, 1))
        given = json.loads(first.body)["id"].encode()
        second.body = second.body.replace(json.loads(second.body)["id"].encode(), given)
        self.assertTrue(judge(case, seen))

    def test_an_exit_with_another_status(self):
        for case in playable():
            if "exit" in case:
                seen = observe(case)
                seen.exit_status = 0 if case["exit"]["status"] else 1
                self.assertTrue(judge(case, seen), case["name"])

    def test_an_exit_without_an_explanation(self):
        case = case_named("cel-startup-bad-declarative")
        seen = observe(case)
        seen.stderr, seen.startup_lines = False, []
        self.assertTrue(judge(case, seen))

    def test_a_start_up_request_less(self):
        case = case_named("publish-json-bodies")
        seen = observe(case)
        seen.startup.pop()
        self.assertTrue(judge(case, seen))

    def test_a_standing_warning_is_not_the_recorded_one(self):
        case = case_named("cel-startup-unclosed-string")
        seen = observe(case)
        self.assertEqual(judge(case, seen), {})
        text = "--metrics-port: metrics are not there yet; nothing listens for them"
        seen.startup_lines = Imitation().lines([{"level": "warning", "msg": text}])
        self.assertTrue(judge(case, seen))

    def test_an_error_line_in_a_silent_case(self):
        case = case_named("publish-json-bodies")
        seen = observe(case)
        seen.steps[3].lines += Imitation().lines([{"level": "error", "msg": "x"}])
        self.assertTrue(judge(case, seen))

    def test_a_run_that_broke_off(self):
        case = case_named("publish-json-bodies")
        seen = observe(case)
        seen.steps.pop()
        self.assertTrue(judge(case, seen))


class Texts(unittest.TestCase):
    """The comparison of single values."""

    TABLE = [
        # recorded, answered, same?
        ('{"a":1,"b":2}', '{"b":2, "a":1}', True),
        ('{"a":1}', '{"a":1.0}', False),
        ('{"a":1e3}', '{"a":1000}', False),
        ('{"a":1}', '{"a":"1"}', False),
        ('{"a":true}', '{"a":"true"}', False),
        ('{"a":null}', '{}', False),
        ('{"a":1}', '{"a":2,"a":1}', False),
        ('{"a":1}', '{"a":1,"a":2}', False),
        ('{"a":"\\u003cb\\u003e"}', '{"a":"<b>"}', True),
        ('[1,2]', '[2,1]', False),
        ('{"a":1}', '{"a":1} x', False),
        ('{"a":1}', '', False),
        ('text', 'text', True),
        ('text', 'Text', False),
        ('{"t":"<rfc3339>"}', '{"t":"2001-01-01T00:00:00Z"}', False),
        ('{"t":"<uuid-1>","u":"<uuid-1>"}', '{"t":"11111111-1111-4111-8111-111111111111","u":"x"}', False),
        ('{"t":"<uuid-1>"}', '{"t":"11111111-1111-1111-8111-111111111111"}', False),
        ('{"t":"<span-id-1>"}', '{"t":"0000000000000000"}', False),
        ('{"d":"<base64:{\\"a\\":1,\\"b\\":2}>"}', '{"d":"eyJiIjoyLCJhIjoxfQ=="}', True),
        ('{"d":"<base64:{\\"a\\":1,\\"b\\":2}>"}', '{"d":"eyJiIjozLCJhIjoxfQ=="}', False),
        ('{"port":<app-port>}', '{"port":4711}', True),
        ('{"port":<app-port>}', '{"port":4712}', False),
        ('{"enabledFeatures":["A","HotReload"]}', '{"enabledFeatures":["A"]}', True),
        ('{"enabledFeatures":["A","HotReload"]}', '{"enabledFeatures":["HotReload"]}', False),
        ('{"runtimeVersion":"1.18.3"}', '{"runtimeVersion":"0.1.0"}', True),
        ('{"runtimeVersion":"1.18.3"}', '{"runtimeVersion":"main"}', False),
        ('x <nil> <connection-error>', 'x <nil> refused', True),
        ('x <nil> <connection-error>', 'x nil refused', False),
    ]

    def test_table(self):
        for recorded, answered, same in self.TABLE:
            with self.subTest(recorded=recorded, answered=answered):
                problems = compare.text_problems("body", recorded, answered, Values({"app-port": 4711}))
                self.assertEqual(not problems, same, problems)

    def test_framing(self):
        for recorded, answered, body, status, same in [
            ({"content-length": "5"}, [("content-length", "3")], b"abc", 200, True),
            ({"content-length": "3"}, [("content-length", "4")], b"abc", 200, False),
            ({"content-length": "3"}, [("transfer-encoding", "chunked")], b"abc", 200, True),
            ({"content-length": "3"}, [], b"abc", 200, False),
            ({}, [("content-length", "0")], b"", 204, False),
            ({}, [], b"", 204, True),
            ({"date": "x"}, [("date", "y")], b"", 204, False),
        ]:
            with self.subTest(recorded=recorded, answered=answered):
                found = compare.header_problems("header", recorded, answered, body, Values(), status=status)
                self.assertEqual(not found, same, found)

    def test_a_failed_match_learns_nothing(self):
        values = Values()
        self.assertFalse(match("<uuid-1> x", "11111111-1111-4111-8111-111111111111 y", values))
        self.assertEqual(values.learned, {})


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    print(f"golden selftest: {result.testsRun - len(result.failures) - len(result.errors)} passed, "
          f"{len(result.failures) + len(result.errors)} failed")
    sys.exit(not result.wasSuccessful())
