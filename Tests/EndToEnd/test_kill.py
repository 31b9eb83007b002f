"""The sidecar is killed with SIGKILL under load and started again, several times: nothing confirmed is lost."""

import signal
import time
import unittest

from case import SidecarCase, killed, on_every_broker
from ledger import UNKNOWN, REFUSED, Ledger, Load

ROUNDS = 4
# Events that may be delivered twice per kill: those in flight to the application and those not yet acknowledged.
WINDOW = 512


@on_every_broker
class KilledSidecar(SidecarCase):
    def nothing_is_lost_on(self, make_broker):
        broker, app, ledger = self.broker(make_broker), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=1000).start()
        self.addCleanup(load.stop)
        kills = 0
        for number in range(ROUNDS):
            self.assertTrue(load.wait_confirmed(300 * (number + 1)), "the load does not get through")
            time.sleep(0.05 * number)
            one.signal(signal.SIGKILL)
            kills += killed(one.wait(5))
            time.sleep(0.1)
            one.run()
        self.assertTrue(load.wait_confirmed(300 * (ROUNDS + 1)))
        load.stop()
        account = self.settle(ledger, app)
        interrupted = ledger.count(UNKNOWN) + ledger.count(REFUSED)
        self.report(account, broker.name, f"kills {kills}, requests interrupted or refused {interrupted}")
        self.assertEqual(kills, ROUNDS, "not every kill was one: the case is invalid")
        self.assertGreater(interrupted, 0, "no request met a dead sidecar: the case is invalid")
        self.nothing_lost(account)
        self.assertLessEqual(len(account.duplicates), WINDOW * ROUNDS, str(account))


if __name__ == "__main__":
    unittest.main()
