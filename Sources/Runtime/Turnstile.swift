/// Lets one piece of control-plane work pass at a time, first come first served. Confined to a shard.
final class Turnstile {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Waits for its turn, and returns when the work is done.
    func pass(_ work: () async -> Void) async {
        if isTaken { await withCheckedContinuation { waiting.append($0) } }
        isTaken = true
        await work()
        // Whoever is next takes over without the way being free in between.
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
