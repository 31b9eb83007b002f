/// # Store: what one machine keeps on its own disk, in SQLite.
///
/// What it is: the durable log of `pubsub.embedded`: one file, one thread that writes it, one commit (and one fsync) for everything that came
/// in while the former commit was under way.
/// What it is not: no policy of delivery. Retries of the app, lanes and dead letters are in `Delivery`; which topic goes to which subscription is
/// in `Runtime`.
/// Who calls it: `Brokers/Embedded`, from its home shard. Whom it calls: SQLite, and `Loop` for the thread and the way back to the shard.
///
/// From the disk upwards:
/// - `SQLiteDatabase` and `SQLiteStatement` hold every call of the C library and no policy.
/// - `LogFile` is the schema, one commit, one read, retention, and what an error of the disk means. It is synchronous and belongs to one thread.
/// - `LogQueue` and `LogThread` carry work from the shard to that thread and reports back.
/// - `EventLog` is the face on the shard: it hands over, keeps the newest events in memory (`EventRing`), and drives the groups (`LogGroup`).
/// - `Claims`, `Retention` and the codecs are pure, and tested as tables.
///
/// Times are milliseconds since 1970 of the log's own clock: the wall clock when the file was opened, and the monotonic clock from there on.
/// A wall clock that is set while the process runs expires nothing.
