/// # Observability: what the runtime tells about itself.
///
/// What it is: the log (`Log`, `LogSink`), in daprd's two formats.
/// What it is not: it decides nothing and knows no policy; what is worth a line is decided where it happens.
/// Who calls it: `Runtime`, the API targets and the commands. It calls `Loop` to write lines and `Bytes` to make them.
///
/// A line holds names, numbers and reasons, never a payload and never a secret.
