/// A bounded queue from any thread to one shard. What came during a turn is handed over in one call.
@safe package final class Mailbox<Element: Sendable>: @unchecked Sendable {
    private let lock = Lock()
    private let loop: EventLoop
    private let capacity: Int
    private var elements: [Element] = []
    private var spare: [Element] = []
    /// Touched on the shard only.
    private let receive: ([Element]) -> Void

    /// Made on the shard that receives.
    /// - Parameters:
    ///   - capacity: how many elements wait at most; more are refused.
    ///   - receive: is called on the shard, once a turn, with all that came.
    package init(capacity: Int, on loop: EventLoop, receive: @escaping ([Element]) -> Void) {
        assert(loop.isCurrent, "a mailbox is made on the shard that receives")
        self.capacity = capacity
        self.loop = loop
        self.receive = receive
    }

    /// Adds an element and wakes the shard. From any thread; false when the mailbox is full, and the element was not taken.
    package func send(_ element: Element) -> Bool {
        let (taken, isFirst) = lock.withLock {
            guard elements.count < capacity else { return (false, false) }
            elements.append(element)
            return (true, elements.count == 1)
        }
        if isFirst { loop.call { self.deliver() } }
        return taken
    }

    private func deliver() {
        var batch: [Element] = []
        swap(&batch, &spare)
        lock.withLock { swap(&batch, &elements) }
        receive(batch)
        batch.removeAll(keepingCapacity: batch.count < 4096)
        swap(&batch, &spare)
    }
}
