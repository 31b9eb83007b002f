/// # Loop: shards, and everything on a shard that waits for the operating system.
///
/// What it is: an actor on a thread that runs one libuv loop (`Shard`, `EventLoop`), its turns, timers on a wheel, TCP and Unix-domain sockets,
/// name resolution, signals, child processes, foreign descriptors, file watching, and mailboxes from other threads.
/// What it is not: no protocol, no TLS, no policy; it retries nothing.
/// Who calls it: every target that touches a socket or a thread. It calls libuv, and `Messaging` for the `Scheduler` that it implements.
///
/// Everything here but `Mailbox`, `Lock`, `Condition`, `NativeThread` and `Shard` is confined to the shard that made it.
/// C callbacks enter through one trampoline a handle type, which costs 3 ns (docs/adr/0001-footing.md).
