/// # Runtime: one sidecar, put together.
///
/// What it is: `Sidecar.swift` is the wiring diagram: it introduces components, API, app and subscriptions to each other, starts them in order
/// and ends them in order. `Reload/` follows the resource files, `Subscriptions/` has those run that are wanted.
/// `Options/` reads flags and environment, `Component.swift` and `SubscriptionPlanner.swift` turn resources into parts.
/// What it is not: no protocol, no policy of delivery, no broker; those are in the targets that it imports.
/// Who calls it: the commands `sidecar` and `run` of `martlet`, on a shard.
