internal import HTTP

/// Publishes whose broker has not answered yet: a table with a free list, indexed by token; no allocation once grown.
struct PendingPublishes {
    /// One of them.
    struct Entry {
        let exchange: HTTPExchange
        let trace: RequestTrace
        let pubsub: String
        let topic: String
    }

    /// How many wait at most; beyond it a publish is answered with 503 and was not sent.
    static let limit = 16_384

    private var entries: [Entry?] = []
    private var free: [Int] = []
    private(set) var count = 0

    /// Events of bulk requests that wait; they count against the same limit.
    private(set) var bulkCount = 0
    /// Their bytes. One request may exceed `bulkByteLimit`, so that a large one passes alone.
    private var bulkBytes = 0
    /// How many bytes bulk requests may have waiting; beyond it one is answered with 503 and was not sent.
    static let bulkByteLimit = 128 << 20

    var isFull: Bool { count + bulkCount >= PendingPublishes.limit }

    /// Counts the events of a bulk request; false where they are too many now.
    mutating func addBulk(events: Int, bytes: Int) -> Bool {
        let isRoom =
            count + bulkCount == 0
            || count + bulkCount + events <= PendingPublishes.limit
                && (bulkBytes == 0 || bulkBytes + bytes <= PendingPublishes.bulkByteLimit)
        guard isRoom else { return false }
        bulkCount += events
        bulkBytes += bytes
        return true
    }

    /// A bulk request was answered.
    mutating func endBulk(events: Int, bytes: Int) {
        bulkCount -= events
        bulkBytes -= bytes
    }

    mutating func add(_ entry: consuming Entry) -> UInt64 {
        count += 1
        if let index = free.popLast() {
            entries[index] = entry
            return UInt64(index)
        }
        entries.append(entry)
        return UInt64(entries.count - 1)
    }

    /// Takes an entry out; nil where the token was answered already.
    mutating func take(_ token: UInt64) -> Entry? {
        let index = Int(token)
        guard index < entries.count, let entry = entries[index].take() else { return nil }
        free.append(index)
        count -= 1
        return entry
    }
}
