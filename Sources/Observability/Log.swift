/// Writes lines of one scope. From any thread and shard; a copy costs two references.
///
/// Message and fields are made only where the level is written: a line that is filtered out costs a comparison.
package struct Log: Sendable {
    private let sink: LogSink
    private let level: LogLevel
    /// The part of the runtime that speaks, such as `dapr.runtime.processor`.
    package let scope: String

    package init(_ sink: LogSink, scope: String = "dapr.runtime") {
        self.sink = sink
        level = sink.settings.level
        self.scope = scope
    }

    /// The same log with another scope.
    package func scoped(_ scope: String) -> Log { Log(sink, scope: scope) }

    /// Lines that were dropped since the start, of all scopes.
    package var droppedLines: Int { sink.droppedLines }

    /// Whether lines of a level are written.
    package func writes(_ level: LogLevel) -> Bool { level >= self.level }

    /// What helps to find out why, and only then.
    package func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        if level <= .debug { sink.write(.debug, scope, message(), fields()) }
    }

    /// What an operator wants to read of normal operation; never one per event.
    package func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        if level <= .info { sink.write(.info, scope, message(), fields()) }
    }

    /// What goes on, but not as somebody wanted it.
    package func warning(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        if level <= .warning { sink.write(.warning, scope, message(), fields()) }
    }

    /// What was given up.
    package func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        if level <= .error { sink.write(.error, scope, message(), fields()) }
    }

    /// Why the process ends. It is written always; ending is the caller's work.
    package func fatal(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        sink.write(.fatal, scope, message(), fields())
    }
}
