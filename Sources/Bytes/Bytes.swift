/// # Bytes: what Foundation would be used for.
///
/// What it is: safe and fast access to byte spans, appending to `[UInt8]`, UTF-8, base64, hex, UUIDs, RFC 3339, URL decoding, and the
/// notations of Go that Dapr's users write (durations, sizes, truth values).
/// What it is not: no I/O beyond `getrandom` and the time zone, no JSON, no policy.
/// Who calls it: everybody. It imports nothing but the C library.
///
/// Unsafe code lives here so that it need not live elsewhere: every accessor checks its bounds, also in release builds.
/// Multi-byte loads are little-endian and need no alignment.
