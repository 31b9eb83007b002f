/// # Messaging: the seam between the runtime and everything that stores or carries events.
///
/// What it is: the types and protocols that a broker adapter implements and that the delivery engine drives:
/// `Message`, `Receipt`, `PubSub`, `TopicSource`, `Inlet`, `Browser`, `PubSubKind`, `Settings`, `ComponentError`, `Scheduler`.
/// What it is not: no network, no C, no thread, no policy. Retries, lanes, dead letters and reconnects are in `Delivery` and `Runtime`.
/// Who calls it: `Delivery` and `Runtime` from above, `Brokers` from the side; `Loop` implements `Scheduler`.
///
/// Everything here that is a class or a class-bound protocol is confined to one shard: it is made there, called there and answers there.
