"""The disk under the embedded broker is full, is too small, or cannot write: a publish says so, and what was confirmed is there."""

import os
import shutil
import subprocess
import tempfile
import time
import unittest

import sidecar
from case import Embedded, SidecarCase
from ledger import CONFIRMED, REFUSED, UNKNOWN, Ledger, event
from process import resident_mb

PAYLOAD = "x" * 8192


class Disk(SidecarCase):
    def small_disk(self, size):
        """A file system of this size; needs root."""
        if os.geteuid() != 0:
            self.skipTest("mounting a file system needs root")
        path = tempfile.mkdtemp(dir=self.directory)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest(f"no file system can be mounted here: {mounted.stderr.decode()}")
        self.addCleanup(subprocess.run, ["umount", "-l", path])
        return path

    def wrapper(self, *lines):
        """A program that does this first and then becomes the binary under test."""
        path = os.path.join(self.directory, "wrapper")
        sidecar.write(path, "#!/bin/sh\n" + "\n".join(lines) + "\n")
        os.chmod(path, 0o755)
        return path

    def publish(self, one, ledger, prefix, count, until=None, otherwise=REFUSED):
        """Publishes one after the other, until `until(status)`; the answers that were no 204, which count as `otherwise`."""
        refusals = []
        for number in range(count):
            event_id = f"{prefix}-{number}"
            ledger.attempt(event_id)
            answer = one.publish("orders", event(event_id, PAYLOAD), content_type="application/cloudevents+json")
            ledger.settle(event_id, CONFIRMED if answer.status == 204 else otherwise)
            if answer.status != 204:
                refusals.append(answer)
            if until and until(answer.status):
                break
        return refusals

    def check(self, one, refusals, words):
        """Each refusal is an error of the broker in daprd's form, and says what is the matter."""
        self.assertTrue(refusals, "nothing was refused: the case is invalid")
        for answer in refusals:
            self.assertIn(answer.status, (500, 507, 503), answer)
            self.assertIn(b"ERR_PUBSUB_PUBLISH_MESSAGE", answer.body)
            self.assertRegex(answer.body.decode(), words)
        self.assertIsNone(one.process.poll(), one.tail())
        self.assertLess(resident_mb(one.process.pid), 96)

    def test_a_full_disk_refuses_and_recovers(self):
        path = self.small_disk("4m")
        broker, app, ledger = Embedded(path), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        self.publish(one, ledger, "before", 20)
        filler = os.path.join(path, "filler")
        with open(filler, "wb") as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
                    file.flush()
            except OSError as error:
                evidence = error.strerror
        refusals = self.publish(one, ledger, "full", 400, until=lambda status: status != 204)
        refusals += self.publish(one, ledger, "still", 10)
        self.check(one, refusals, r"(?i)full|space")
        os.unlink(filler)
        begin = time.monotonic()
        while one.publish("orders", event("again"), content_type="application/cloudevents+json").status != 204:
            self.assertLess(time.monotonic() - begin, 10, one.tail())
            time.sleep(0.1)
        ledger.attempt("again")
        self.assertEqual(self.publish(one, ledger, "after", 20), [])
        account = self.settle(ledger, app)
        self.report(account, "embedded", f"'{evidence}', {len(refusals)} refused, published again "
                                         f"{time.monotonic() - begin:.1f} s after there was room")
        self.nothing_lost(account)

    def test_a_file_that_may_not_grow_refuses_and_goes_on_after_a_restart(self):
        broker, app, ledger = self.broker(Embedded), self.app(), Ledger()
        program = self.wrapper("ulimit -f 2048", f'exec "{sidecar.binary()}" "$@"')
        one = self.sidecar(broker, app=app, program=program)
        one.run()
        refusals = self.publish(one, ledger, "event", 2000, until=lambda status: status != 204)
        refusals += self.publish(one, ledger, "more", 5)
        self.check(one, refusals, r".")
        size = max(os.path.getsize(broker.path + end) for end in ("", "-wal") if os.path.exists(broker.path + end))
        one.kill()
        one.program = sidecar.binary()
        one.run()
        self.assertEqual(self.publish(one, ledger, "after", 20), [])
        account = self.settle(ledger, app)
        self.report(account, "embedded", f"files at most {size / 1e6:.1f} MB of 1.0 MB, {len(refusals)} refused")
        self.nothing_lost(account)

    def test_a_disk_that_fails_to_sync_confirms_nothing_more(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        traced = os.path.join(self.directory, "syncs")
        program = self.wrapper(
            f'exec strace -D -f -qq -o "{traced}" -e trace=fsync,fdatasync '
            f'-e inject=fsync,fdatasync:error=EIO:when=30+ "{sidecar.binary()}" "$@"')
        broker, app, ledger = self.broker(Embedded), self.app(), Ledger()
        one = self.sidecar(broker, app=app, program=program)
        one.run(timeout=20)
        refusals = self.publish(one, ledger, "event", 200, lambda status: status != 204, UNKNOWN)
        confirmed = ledger.count(CONFIRMED)
        # What was written and not synced is unknown, not refused: it may arrive after the restart.
        refusals += self.publish(one, ledger, "more", 5)
        with open(traced, encoding="utf-8") as file:
            failed = file.read().count("EIO")
        self.assertGreater(failed, 0, "no sync failed: the case is invalid")
        self.check(one, refusals, r".")
        self.assertEqual(ledger.count(CONFIRMED), confirmed, "something was confirmed after a failed sync")
        one.kill()
        one.program = sidecar.binary()
        one.run()
        self.assertEqual(self.publish(one, ledger, "after", 20), [])
        account = self.settle(ledger, app)
        self.report(account, "embedded", f"{failed} syncs failed, {confirmed} confirmed before, "
                                         f"{len(refusals)} refused until the restart")
        self.nothing_lost(account)


if __name__ == "__main__":
    unittest.main()
