/// # MessagingTesting: what tests of components and of the delivery engine stand on.
///
/// What it is: `ManualScheduler`, a clock that is moved by hand; `FaultyPubSub`, a broker that misbehaves on command; `PubSubContract`, the rules that
/// every pub/sub kind keeps, with the harness that a kind brings along.
/// What it is not: no network, no thread, no test framework. A rule that is broken throws a `ContractViolation` that says which and how.
/// Who calls it: tests, here and of whoever writes a kind of his own.
