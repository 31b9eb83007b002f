/// # AppChannels: the app as a destination.
///
/// What it is: how an event, and a question of the control plane, become a request to the app, and its answer an `AppAnswer`.
/// What it is not: no routing, no retry, no decision (that is `Delivery`); no HTTP on the wire (that is `HTTP`).
/// Who calls it: `Runtime` makes one channel per app; `Delivery` calls it through `Destination`.
