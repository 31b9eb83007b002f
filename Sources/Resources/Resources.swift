/// # Resources: what a user writes in YAML, as values that the runtime can act on
///
/// What it is: Component, Subscription and Configuration files read as daprd reads them (`ResourceLoader`, `Configuration`),
/// everything that is wrong in them as `Finding`s with file and line, values resolved from secrets, environment and templates
/// (`ValueResolver`), metadata decoded against declared fields (`SettingsDecoder`), topic scopes, and the list of
/// subscriptions that an app answers with (`ProgrammaticSubscriptions`).
/// What it is not: it starts nothing, knows no component kind, compiles no routing rule and opens no socket. It reads files,
/// and blocks while it does: it is for start and reload.
/// Who calls it: `Runtime`, and the commands that check resources.
