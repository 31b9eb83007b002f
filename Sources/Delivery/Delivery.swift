/// # Delivery: what happens between the API and a broker, and between a broker and the app.
///
/// What it is: `Publish/` (scopes, envelope, one batch a turn and component), `Deliver/` (routes, lanes, the call to the app, retry, dead letter,
/// settlement), `Policy/` (retries, breaker, rate, what an answer means: pure, and a nil check where there is none) and
/// `Connect/` (one attempt after the other, with back-off, for every kind of component).
/// What it is not: no network, no C, no thread, no real clock; it knows neither HTTP nor any broker.
/// Who calls it: `HTTPAPI` publishes through it, `Runtime` wires it to adapters and to the app, adapters hand messages to its inlets.
///
/// The promise is kept here: a message is acknowledged to its source only after the app's success, a confirmed dead letter,
/// or a drop that the app or the user asked for.
