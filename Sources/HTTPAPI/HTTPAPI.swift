/// # HTTPAPI: Dapr's HTTP API over the delivery engine.
///
/// What it is: which path means what (`APIRoute`), what each family of paths does (one file each), and how every error becomes a status and a
/// body (`APIError`, the only place).
/// What it is not: no parsing of HTTP (that is `HTTP`), no envelope, no broker (that is `Delivery`).
/// Who calls it: `Runtime` makes one `APIServer` per shard; `HTTP` hands it one exchange a request.
