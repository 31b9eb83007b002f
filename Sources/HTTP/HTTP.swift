/// # HTTP: HTTP/1.1, server and client, on a shard.
///
/// What it is: pure machines over bytes (`Wire/`: heads, chunks, framing; RFC 9110 and 9112), a server (`Server/`) that hands each request
/// to an `HTTPHandler` as one `HTTPExchange`, and a client (`Client/`) with a pool of connections to one origin.
/// What it is not: no routing, no meaning of headers beyond framing, no redirects, no cookies, no compression, no retry but the one of a
/// stale connection (`HTTPClient`).
/// Who calls it: `HTTPAPI` serves with it, `AppChannels`, bindings and exporters call with it. It calls `Loop`, and `Bytes` for spans.
///
/// The machines in `Wire/` do no I/O and know no clock: tables and fuzzers reach all of them. They are stricter than most parsers on purpose:
/// whatever two parsers could read in two ways is refused.
