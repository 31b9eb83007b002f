internal import Loop
internal import Messaging

/// Asks once whether something accepts connections at a place, as daprd waits for its app (spec 1.6: 500 ms a dial).
final class ConnectionProbe {
    private static let limit: Duration = .milliseconds(500)

    private var continuation: CheckedContinuation<Bool, Never>?
    private var stream: ByteStream?

    static func reaches(_ endpoint: Endpoint, on loop: EventLoop) async -> Bool {
        let probe = ConnectionProbe()
        let wake = loop.wake(at: loop.now + limit, probe, token: 0)
        let isThere = await withCheckedContinuation { continuation in
            probe.continuation = continuation
            probe.stream = ByteStream.connect(to: endpoint, on: loop, delegate: probe)
        }
        loop.cancel(wake)
        probe.stream?.close()
        return isThere
    }

    private func answer(_ isThere: Bool) {
        let waiting = continuation
        continuation = nil
        waiting?.resume(returning: isThere)
    }
}

extension ConnectionProbe: TransportDelegate {
    func connected() { answer(true) }
    func received(_ bytes: RawSpan) {}
    func receivedEnd() {}
    func drained() {}
    func ended(_ reason: TransportEnd) { answer(false) }
}

extension ConnectionProbe: Sleeper {
    func wake(_ token: UInt64) { answer(false) }
}
