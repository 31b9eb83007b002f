"""`pubsub.kafka` under faults, with an account of every event; skipped, with the reason, where there is no Kafka."""

import time
import unittest

import kafka
import test_kill
from case import SidecarCase, killed
from ledger import REFUSED, UNKNOWN, Ledger, Load


@unittest.skipIf(kafka.ABSENCE, f"not run without Kafka: {kafka.ABSENCE}")
class KilledSidecarOnKafka(SidecarCase):
    """The rounds of test_kill: what is finished and not committed comes twice, at most two commits' worth (500 each) a kill."""

    rounds = test_kill.KilledSidecar.rounds

    def test_nothing_is_lost_on_kafka(self):
        self.rounds(kafka.Kafka)


@unittest.skipIf(kafka.ABSENCE, f"not run without Kafka: {kafka.ABSENCE}")
class KilledKafka(SidecarCase):
    """Kafka is killed in mid-stream and started again; the sidecar lives on."""

    def test_nothing_is_lost(self):
        broker, app, ledger = self.broker(kafka.Kafka), self.app(), Ledger()
        one = self.sidecar(broker, app=app)
        one.run()
        load = Load(one.http_port, "orders", ledger, rate=300).start()
        self.addCleanup(load.stop)
        kills = 0
        for number in range(2):
            self.assertTrue(load.wait_confirmed(200 * (number + 1)), "the load does not get through")
            kills += killed(broker.kill())
            time.sleep(0.5)
            broker.start()
        self.assertTrue(load.wait_confirmed(800))
        load.stop()
        account = self.settle(ledger, app)
        interrupted = ledger.count(UNKNOWN) + ledger.count(REFUSED)
        self.report(account, broker.name, f"kills {kills}, requests interrupted or refused {interrupted}")
        self.assertEqual(kills, 2, "not every kill was one: the case is invalid")
        self.assertGreater(interrupted, 0, "no request met a dead broker: the case is invalid")
        self.nothing_lost(account)


if __name__ == "__main__":
    unittest.main()
