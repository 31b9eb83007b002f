/// # TLS: OpenSSL over memory buffers, as a transport above another transport.
///
/// What it is: `TLSContext` (certificates and rules, made once), `TLSSession` (the unsafe core: one handshake and its records, no socket),
/// `TLSStream` (a `Transport` that puts a session above another `Transport`).
/// What it is not: no socket, no clock (the owner sets a deadline on the handshake), no file is read except the certificates that a setting names.
/// Who calls it: the clients of brokers, the HTTP server and client. It is the only target that imports OpenSSL.
///
/// TLS 1.2 at least; no renegotiation, no compression. Every call into OpenSSL starts with an empty error queue,
/// and what OpenSSL says reaches the user in its own words, with what to do about it.
