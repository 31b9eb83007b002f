"""The accounting itself: it must see loss, doubles, inventions, overlaps and damage, or the other tests mean little."""

import unittest

from app import Delivery
from ledger import CONFIRMED, REFUSED, UNKNOWN, Ledger, event


def delivered(event_id, acknowledged=True, begin=0.0, end=1.0, body=None):
    """A delivery that was answered."""
    one = Delivery("POST", "/orders", [], body or event(event_id), 1)
    one.received_at, one.answered_at = begin, end
    one.status, one.acknowledged = (200 if acknowledged else 500), acknowledged
    return one


class Accounting(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()
        for event_id, state in (("a", CONFIRMED), ("b", CONFIRMED), ("refused", REFUSED), ("unknown", UNKNOWN)):
            self.ledger.attempt(event_id)
            self.ledger.settle(event_id, state)

    def audit(self, *deliveries, **more):
        """The Account of these deliveries."""
        return self.ledger.audit(list(deliveries), **more)

    def test_all_is_well(self):
        account = self.audit(delivered("a"), delivered("b"))
        self.assertEqual((account.lost, account.phantom, account.duplicates, account.overlaps, account.corrupt),
                         ([], [], [], [], []))
        self.assertEqual((account.attempted, account.confirmed, account.refused, account.unknown), (4, 2, 1, 1))

    def test_loss(self):
        self.assertEqual(self.audit(delivered("a")).lost, ["b"])

    def test_an_event_that_was_never_accepted_is_lost(self):
        self.assertEqual(self.audit(delivered("a"), delivered("b", acknowledged=False)).lost, ["b"])

    def test_what_a_broker_still_holds_is_not_lost(self):
        self.assertEqual(self.audit(delivered("a"), queued=["b"]).lost, [])

    def test_an_unknown_outcome_may_arrive_or_not(self):
        for more in ([], [delivered("unknown")]):
            account = self.audit(delivered("a"), delivered("b"), *more)
            self.assertEqual((account.lost, account.phantom), ([], []))

    def test_doubles(self):
        self.assertEqual(self.audit(delivered("a"), delivered("b"), delivered("b", begin=2, end=3)).duplicates, ["b"])

    def test_a_second_try_is_not_a_double(self):
        again = self.audit(delivered("a"), delivered("b", acknowledged=False), delivered("b", begin=2, end=3))
        self.assertEqual((again.duplicates, again.overlaps), ([], []))

    def test_overlaps(self):
        self.assertEqual(self.audit(delivered("a"), delivered("b"), delivered("b", begin=0.5, end=2)).overlaps, ["b"])

    def test_inventions(self):
        self.assertEqual(self.audit(delivered("a"), delivered("b"), delivered("c")).phantom, ["c"])

    def test_damage(self):
        body = event("b", payload="right").replace(b"right", b"wrong")
        self.assertEqual(self.audit(delivered("a"), delivered("b", body=body)).corrupt, ["b"])


if __name__ == "__main__":
    unittest.main()
