/// # Events: CloudEvents as Martlet reads and writes them.
///
/// What it is: the envelope of a published event (made by splicing, never through a tree), the view of a delivered one, strict JSON scanning,
/// a small JSON tree for rules and the control plane, JSON writing as Go writes it, and W3C trace context. All of it is pure over bytes.
/// What it is not: no broker, no HTTP, no subscription, no policy.
/// Who calls it: `Delivery` on every event's path; `Rules`, `HTTPAPI`, `AppChannels` and `Resources` for JSON.
/// Whom it calls: `Bytes`.
///
/// Behaviour follows daprd (spec sections 1.1 and 1.6) and, where daprd leaves it to Go's `encoding/json`, that package.
