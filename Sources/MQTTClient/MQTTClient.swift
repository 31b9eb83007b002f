/// # MQTTClient: one connection to an MQTT broker (3.1.1 or 5), on its shard.
///
/// What it is: `MQTTConnection` (connect, subscribe, publish, receive, acknowledge when told so) and the pure parts that it stands on:
/// `MQTTPacketReader` (bytes to packets), `MQTTPublish` (PUBLISH, both ways), `MQTTPublishWindow` (packet ids in flight), `MQTTTopic` (names
/// and filters). libmosquitto makes and reads the packets of the session (CONNECT, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT and their answers) behind
/// a socket of ours; the socket and TLS to the broker are ours. PUBLISH never passes the library, because it acknowledges before the application
/// has seen an event, reads byte by byte and sends what it calls unsent (docs/dependencies.md).
/// What it is not: no reconnect, no retry, no policy. One attempt; whoever owns it makes the next one. No will, no topic aliases, no AUTH.
/// Who calls it: the pub/sub adapter of MQTT in `Brokers`.
///
/// libmosquitto is opened at run time, when the first connection is made: Debian has no archive of it, and who uses no MQTT pays nothing.
