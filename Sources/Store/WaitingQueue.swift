/// Events by the time at which they are due: a binary heap, the earliest first, among equals the older event.
struct WaitingQueue: Sendable {
    struct Element: Sendable, Comparable {
        var due: Int64
        var id: UInt64

        static func < (left: Element, right: Element) -> Bool { (left.due, left.id) < (right.due, right.id) }
    }

    private var heap: [Element] = []

    /// The element that is due first.
    var first: Element? { heap.first }

    mutating func insert(_ element: Element) {
        heap.append(element)
        var index = heap.count - 1
        while index > 0, heap[index] < heap[(index - 1) / 2] {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var index = 0
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child] < heap[smallest] {
                smallest = child
            }
            guard smallest != index else { return }
            heap.swapAt(index, smallest)
            index = smallest
        }
    }
}
