import Glibc

/// Names the seed when the engine traps: then nobody is left to report it.
enum TrapNote {
    /// The seed of each thread, and one.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        former = signal(SIGILL) { _ in
            let seed = UInt(bitPattern: pthread_getspecific(TrapNote.key)) &- 1
            let note =
                "simulation: seed \(seed) trapped; again: MARTLET_SEED=\(seed) swift test --filter SimulationTests\n"
            _ = note.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            // The instruction is repeated, for whoever was asked before.
            signal(SIGILL, TrapNote.former)
        }
        return key
    }()
    private nonisolated(unsafe) static var former: sighandler_t? = SIG_DFL

    static func begin(seed: UInt64) { pthread_setspecific(key, UnsafeRawPointer(bitPattern: UInt(seed) &+ 1)) }
}
