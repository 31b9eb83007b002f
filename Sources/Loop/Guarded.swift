/// A value that several threads share, behind a lock.
package final class Guarded<Value>: @unchecked Sendable {
    private let lock = Lock()
    private var value: Value

    package init(_ value: sending Value) { self.value = value }

    /// Runs the body with the value while no other thread has it. In it: compute, and return what to do. No callback, no log, no waiting.
    package func withLock<R>(_ body: (inout Value) -> R) -> R { lock.withLock { body(&value) } }
}
