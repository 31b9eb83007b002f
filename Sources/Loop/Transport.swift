/// A two-way stream of bytes: a socket, or TLS over one.
package protocol Transport: AnyObject {
    /// Who is told. Held until `ended` was called, so an owner that has no more use for a transport must close it.
    var delegate: (any TransportDelegate)? { get set }
    /// Takes all bytes; the array is empty afterwards and keeps its capacity where possible. On a closed transport they are dropped.
    func write(_ bytes: inout [UInt8])
    /// What was taken and not yet accepted by the kernel.
    var pendingBytes: Int { get }
    /// Whether what is written still goes anywhere. False from the moment of a failed write or a close on; `ended` may come only later, and
    /// until then nothing pending must not be mistaken for a peer that took everything.
    var isOpen: Bool { get }
    /// No `received` comes until `resumeReading()`.
    func pauseReading()
    /// Goes on reading.
    func resumeReading()
    /// Closes now; pending output is dropped. `ended(.closed)` follows in a later callback.
    func close()
    /// Closes when pending output is out, or when 5 s have passed.
    func closeAfterWriting()
}

/// What a transport tells its owner, on the shard.
package protocol TransportDelegate: AnyObject {
    /// An outgoing connection is there. Accepted ones do not call it.
    func connected()
    /// Bytes came. The view is valid during the call only.
    func received(_ bytes: RawSpan)
    /// The peer has closed its side; writing may go on. The owner closes.
    func receivedEnd()
    /// `pendingBytes` fell to zero after it had been above.
    func drained()
    /// It is over: exactly once, and nothing comes after it.
    func ended(_ reason: TransportEnd)
}

/// Why a transport is over.
package enum TransportEnd: Sendable, Equatable {
    /// The owner closed it.
    case closed
    /// The system or the peer ended it; the reason is in libuv's words, such as `connection refused`.
    case failed(code: Int32, reason: String)
}
