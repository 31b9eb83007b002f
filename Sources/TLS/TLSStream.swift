package import Loop

/// TLS as a transport above another transport.
///
/// The lower transport's delegate is this object; the owner holds this object, which holds the lower one.
/// What is written before the handshake is done waits here, up to the owner's bound on `pendingBytes`.
/// The owner sets the handshake's deadline. `close()` and `closeAfterWriting()` tell the peer by close_notify.
package final class TLSStream: Transport, TransportDelegate {
    package weak var delegate: (any TransportDelegate)?
    /// Why TLS ended the connection; `nil` where it was the owner, the peer or the system.
    package private(set) var failure: TLSError?

    private let session: TLSSession
    private let isClient: Bool
    private var lower: (any Transport)?
    private var output: [UInt8] = []
    private var waiting: [UInt8] = []
    private var closesWhenOpen = false
    private var isEnding = false
    private var sawEnd = false

    /// Makes the session; the lower transport comes by `start(over:)` or, for outgoing connections, by `connect`.
    /// - Parameter serverName: on a client the name or address that the peer's certificate must hold.
    package init(_ context: TLSContext, serverName: String? = nil) throws(TLSError) {
        session = try TLSSession(context, serverName: serverName)
        isClient = context.role == .client
    }

    /// Connects a socket and does the handshake on it; `connected` comes when both are done.
    package static func connect(
        to endpoint: Endpoint, serverName: String?, context: TLSContext, on loop: EventLoop,
        delegate: any TransportDelegate
    ) throws(TLSError) -> TLSStream {
        let stream = try TLSStream(context, serverName: serverName)
        stream.delegate = delegate
        let socket = ByteStream.connect(to: endpoint, on: loop, delegate: stream)
        stream.lower = socket
        return stream
    }

    /// Goes on above a transport that is connected already, such as an accepted one.
    package func start(over transport: any Transport) {
        lower = transport
        transport.delegate = self
        advance()
    }

    /// The socket below, where it is one: to set its options.
    package var socket: ByteStream? { lower as? ByteStream }

    // MARK: Transport

    package var pendingBytes: Int { (lower?.pendingBytes ?? 0) + waiting.count }

    package var isOpen: Bool { !isEnding && (lower?.isOpen ?? true) }

    package func write(_ bytes: inout [UInt8]) {
        defer { bytes.removeAll(keepingCapacity: true) }
        guard !isEnding, !closesWhenOpen, !bytes.isEmpty else { return }
        guard session.isOpen else {
            waiting.append(contentsOf: bytes)
            return
        }
        encrypt(bytes)
    }

    package func pauseReading() { lower?.pauseReading() }

    package func resumeReading() { lower?.resumeReading() }

    package func close() {
        guard !isEnding else { return }
        isEnding = true
        session.sendClose()
        flush()
        lower?.close()
    }

    package func closeAfterWriting() {
        guard !isEnding, !closesWhenOpen else { return }
        guard session.isOpen || waiting.isEmpty else {
            closesWhenOpen = true
            return
        }
        isEnding = true
        session.sendClose()
        flush()
        lower?.closeAfterWriting()
    }

    // MARK: TransportDelegate

    package func connected() { advance() }

    package func received(_ bytes: RawSpan) {
        guard !isEnding else { return }
        session.feed(bytes)
        advance()
    }

    package func receivedEnd() {
        guard !isEnding, !sawEnd else { return }
        if session.isOpen {
            fail(TLSError(.truncated, reason: "the peer ended the connection without the end of TLS"))
        } else {
            fail(
                TLSError(
                    .handshake, reason: "the peer ended the connection during the TLS handshake",
                    advice: "it may not speak TLS on this port, or ask for a client certificate"))
        }
    }

    package func drained() {
        if !isEnding { delegate?.drained() }
    }

    package func ended(_ reason: TransportEnd) {
        isEnding = true
        let delegate = delegate
        self.delegate = nil
        lower = nil
        if let failure {
            delegate?.ended(.failed(code: Int32(truncatingIfNeeded: failure.code), reason: failure.description))
        } else {
            delegate?.ended(reason)
        }
    }

    // MARK: The session

    private func advance() {
        do throws(TLSError) {
            if !session.isOpen {
                let isDone = try session.advanceHandshake()
                flush()
                guard isDone else { return }
                try opened()
            }
            while !isEnding, try session.read({ delegate?.received($0) }) {}
            // A key update of the peer may have to be answered.
            flush()
        } catch {
            flush()
            fail(error)
        }
        if session.peerClosed, !sawEnd, !isEnding {
            sawEnd = true
            delegate?.receivedEnd()
        }
    }

    private func opened() throws(TLSError) {
        if !waiting.isEmpty {
            try session.write(waiting)
            waiting = []
            flush()
        }
        if closesWhenOpen {
            closesWhenOpen = false
            return closeAfterWriting()
        }
        if isClient { delegate?.connected() }
    }

    private func encrypt(_ bytes: [UInt8]) {
        do throws(TLSError) {
            try session.write(bytes)
            flush()
        } catch {
            fail(error)
        }
    }

    private func flush() {
        session.takeOutput(into: &output)
        if !output.isEmpty { lower?.write(&output) }
    }

    /// The alert, if OpenSSL made one, is out already; `ended` tells the owner.
    private func fail(_ error: TLSError) {
        guard !isEnding else { return }
        isEnding = true
        failure = error
        lower?.closeAfterWriting()
    }
}
