internal import HTTP
internal import Loop
internal import Messaging
internal import Observability
internal import TLS

/// The HTTP client of one collector of spans, over TLS where its address says so; its certificate is verified with the system's authorities.
enum CollectorClient {
    static func make(_ address: CollectorAddress, settings: HTTPClientSettings, on loop: EventLoop) -> HTTPClient {
        let origin = Endpoint.tcp(host: address.host, port: address.port)
        guard address.isSecure else {
            return HTTPClient(origin: origin, host: address.authority, on: loop, settings: settings)
        }
        // Made with the first connection: it costs 2.5 MB and reads files.
        var context: TLSContext?
        return HTTPClient(origin: origin, host: address.authority, on: loop, settings: settings) { delegate in
            do throws(TLSError) {
                if context == nil { context = try TLSContext(.client, TLSSettings()) }
                guard let made = context else { return RefusedTransport("no TLS", on: loop, delegate) }
                return try TLSStream.connect(
                    to: origin, serverName: address.host, context: made, on: loop, delegate: delegate)
            } catch {
                return RefusedTransport("\(error)", on: loop, delegate)
            }
        }
    }
}

/// A connection that could not even be begun; its delegate learns so at the turn's end, as of any other.
private final class RefusedTransport: Transport, TurnParticipant {
    weak var delegate: (any TransportDelegate)?
    private let reason: String

    init(_ reason: String, on loop: EventLoop, _ delegate: any TransportDelegate) {
        self.reason = reason
        self.delegate = delegate
        loop.atTurnEnd(self)
    }

    var pendingBytes: Int { 0 }
    var isOpen: Bool { false }

    func write(_ bytes: inout [UInt8]) { bytes.removeAll(keepingCapacity: true) }
    func pauseReading() {}
    func resumeReading() {}
    func close() {}
    func closeAfterWriting() {}
    func turnEnded() { delegate?.ended(.failed(code: 0, reason: reason)) }
}
