/// Where a message stands at its source, in the adapter's own terms: a row id, a stream entry id, an offset and its partition.
public struct Position: Sendable, Hashable {
    /// The more significant half; zero where one number is enough.
    public var high: UInt64
    /// The less significant half.
    public var low: UInt64

    /// Makes a position.
    public init(high: UInt64 = 0, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// The duty to settle one message with its source, exactly once.
///
/// It cannot be copied, and it is consumed by `SettledBatch`. A receipt that is dropped is a broken invariant of ours: debug builds trap;
/// in release the message stays unsettled at its source, which delivers it again. Nothing is acknowledged by accident.
public struct Receipt: ~Copyable {
    let position: Position

    /// Made by an adapter for each message that it hands over.
    public init(_ position: Position) { self.position = position }

    consuming func settle() -> Position {
        let position = position
        discard self
        return position
    }

    deinit { assert(false, "a receipt was dropped: its message is neither acknowledged nor released") }
}

/// What one source is told at the end of a turn. Only a consumed `Receipt` gets in.
public struct SettledBatch: ~Copyable {
    /// Messages that are done for good: the app took them, they were stored elsewhere, or the user configured their drop.
    public private(set) var acknowledged: [Position] = []
    /// Messages whose delivery failed and that the source shall keep and deliver again, with the attempts made so far.
    public private(set) var released: [(position: Position, attempts: Int)] = []

    /// Messages whose delivery failed, for a source that has a place of its own for them (`TopicSource.deadLetterPlace`).
    public private(set) var rejected: [Position] = []

    /// Makes a batch with nothing in it.
    public init() {}

    /// Whether nothing was settled.
    public var isEmpty: Bool { acknowledged.isEmpty && released.isEmpty && rejected.isEmpty }

    /// The message is done.
    public mutating func acknowledge(_ receipt: consuming Receipt) { acknowledged.append(receipt.settle()) }

    /// The message is not done and this consumer will not go on with it: the source keeps it and delivers it again.
    public mutating func release(_ receipt: consuming Receipt, attempts: Int) {
        released.append((receipt.settle(), attempts))
    }

    /// The message failed: the source puts it where it keeps such messages.
    public mutating func reject(_ receipt: consuming Receipt) { rejected.append(receipt.settle()) }
}

/// A message on its way through the runtime, together with the duty to settle it. It lives on one shard.
public final class ReceivedMessage {
    /// The message itself.
    public let message: Message
    @usableFromInline var receipt: Receipt?

    /// Joins a message and its receipt.
    @inlinable
    public init(_ message: consuming Message, _ receipt: consuming Receipt) {
        self.message = message
        self.receipt = consume receipt
    }

    /// Where the message stands at its source; `nil` once it is settled.
    public var position: Position? { receipt?.position }

    /// What the message counts against a bound on bytes. To ask the message itself costs a copy of it.
    public var size: Int { message.size }

    /// Moves the receipt into the batch as acknowledged. A second settlement is a broken invariant and traps.
    public func acknowledge(in batch: inout SettledBatch) { batch.acknowledge(takeReceipt()) }

    /// Moves the receipt into the batch as released.
    public func release(in batch: inout SettledBatch, attempts: Int) {
        batch.release(takeReceipt(), attempts: attempts)
    }

    /// Moves the receipt into the batch as rejected.
    public func reject(in batch: inout SettledBatch) { batch.reject(takeReceipt()) }

    private func takeReceipt() -> Receipt {
        guard let receipt = receipt.take() else { preconditionFailure("a message was settled twice") }
        return receipt
    }
}
