/// # RedisClient: one connection to Redis, pipelined, on its shard.
///
/// What it is: `RedisConnection` (connect, authenticate, send commands, match replies in order with a deadline each), `RedisOutput` (commands
/// as bytes) and `RedisReply` (replies without pointers). hiredis is the codec of replies only; the socket and TLS are ours, because
/// hiredis 0.14 knows no TLS, blocks, and keeps errors and closed descriptors in its context (docs/dependencies.md).
/// What it is not: no pool, no reconnect, no retry, no cluster, no sentinel, no policy. One attempt; whoever owns it makes the next one.
/// Who calls it: the pub/sub adapter and the bindings of Redis in `Brokers` and `Bindings`.
///
/// RESP 2 only. All commands of a turn go out in one write, at the turn's flush. An error of the protocol, a passed deadline or a lost socket
/// ends the connection for good: what was written and not answered is *unknown*, what was not written is *not sent*.
