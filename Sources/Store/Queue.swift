/// A queue in a ring of slots, which doubles where it is full. It has no bound of its own: each owner has one.
struct Queue<Element> {
    private var slots: [Element?] = []
    private var start = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    var first: Element? { count == 0 ? nil : slots[start] }

    /// The element at a distance from the front, which is below `count`.
    subscript(_ index: Int) -> Element {
        guard index < count, let element = slots[(start + index) & (slots.count - 1)] else {
            preconditionFailure("a queue is read beyond its end")
        }
        return element
    }

    mutating func append(_ element: consuming Element) {
        if count == slots.count { grow() }
        slots[(start + count) & (slots.count - 1)] = element
        count += 1
    }

    @discardableResult
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[start]
        slots[start] = nil
        start = (start + 1) & (slots.count - 1)
        count -= 1
        return element
    }

    mutating func removeAll() {
        slots.removeAll()
        start = 0
        count = 0
    }

    private mutating func grow() {
        var larger: [Element?] = []
        larger.reserveCapacity(max(16, slots.count * 2))
        for index in 0..<count { larger.append(slots[(start + index) & (slots.count - 1)]) }
        while larger.count < max(16, slots.count * 2) { larger.append(nil) }
        slots = larger
        start = 0
    }
}
