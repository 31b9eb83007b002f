/// The requests that wait for a connection, first in, first out. The client bounds it.
struct HTTPClientQueue {
    private var calls: [HTTPClientCall?] = []
    private var first = 0
    /// How many wait.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ call: HTTPClientCall) {
        calls.append(call)
        count += 1
    }

    mutating func popFirst() -> HTTPClientCall? {
        while first < calls.count {
            let call = calls[first]
            calls[first] = nil
            first += 1
            guard let call else { continue }
            count -= 1
            compact()
            return call
        }
        return nil
    }

    /// Takes out all for which the test is true.
    mutating func removeAll(where test: (HTTPClientCall) -> Bool) -> [HTTPClientCall] {
        var removed: [HTTPClientCall] = []
        for index in first..<calls.count {
            guard let call = calls[index], test(call) else { continue }
            calls[index] = nil
            count -= 1
            removed.append(call)
        }
        compact()
        return removed
    }

    func forEach(_ body: (HTTPClientCall) -> Void) {
        for index in first..<calls.count { if let call = calls[index] { body(call) } }
    }

    /// The places before the first are given back once they are the larger part.
    private mutating func compact() {
        if count == 0 {
            calls.removeAll(keepingCapacity: calls.capacity <= 1024)
            first = 0
        } else if first > 32, first * 2 > calls.count {
            calls.removeFirst(first)
            first = 0
        }
    }
}
