internal import Loop
internal import Messaging
internal import TLS

/// How a client of an `https` origin proves whom it talks to.
package struct HTTPClientSecurity: Sendable, Equatable {
    /// The name that is sent and that the certificate must hold; nil sends none, and then nothing can be verified.
    package var serverName: String?
    /// Authorities that sign the origin's certificate, as PEM text or the path of a file; nil takes the system's.
    package var authorities: String?
    /// Whether the certificate is verified. Without it the connection is encrypted, and open to whoever sits in between.
    package var verifiesPeer: Bool

    package init(serverName: String?, authorities: String? = nil, verifiesPeer: Bool = true) {
        self.serverName = serverName
        self.authorities = authorities
        self.verifiesPeer = verifiesPeer
    }
}

/// Makes the TLS connections of one client. The context is made with the first of them: it costs 2.5 MB and reads files.
final class HTTPClientTLS {
    private let security: HTTPClientSecurity
    private var context: TLSContext?

    init(_ security: HTTPClientSecurity) { self.security = security }

    /// A connection on its way. Where none can be made, the delegate is told at the turn's end.
    func connect(to origin: Endpoint, on loop: EventLoop, delegate: any TransportDelegate) -> any Transport {
        do throws(TLSError) {
            return try TLSStream.connect(
                to: origin, serverName: security.serverName, context: try madeContext(), on: loop, delegate: delegate)
        } catch {
            return RefusedTransport("\(error)", code: Int32(truncatingIfNeeded: error.code), on: loop, delegate)
        }
    }

    private func madeContext() throws(TLSError) -> TLSContext {
        if let context { return context }
        let settings = TLSSettings(authorities: security.authorities, verifiesPeer: security.verifiesPeer)
        let made = try TLSContext(.client, settings)
        context = made
        return made
    }
}

/// A connection that could not even be begun; its delegate learns so at the turn's end, as of any other.
private final class RefusedTransport: Transport, TurnParticipant {
    weak var delegate: (any TransportDelegate)?
    private let reason: String
    private let code: Int32

    init(_ reason: String, code: Int32, on loop: EventLoop, _ delegate: any TransportDelegate) {
        self.reason = reason
        self.code = code
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

    func turnEnded() { delegate?.ended(.failed(code: code, reason: reason)) }
}
