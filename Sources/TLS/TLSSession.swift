internal import COpenSSL
internal import Glibc

/// One TLS connection between two memory buffers: the unsafe core, without a socket.
///
/// Encrypted bytes go in by `feed`, come out by `takeOutput`; plain bytes go in by `write`, come out by `read`.
/// It is confined to its shard. After an error was thrown it only serves `takeOutput` (the alert for the peer).
@safe final class TLSSession {
    /// Plain bytes come in pieces of at most one record.
    static let recordSize = 16 * 1024

    private let context: TLSContext
    private let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private let record: UnsafeMutableRawBufferPointer
    private let serverName: String?
    /// Whether the handshake is done.
    private(set) var isOpen = false
    /// Whether the peer said that it sends no more.
    private(set) var peerClosed = false

    /// - Parameter serverName: on a client the host name or address that the peer's certificate must hold; names are also sent (SNI).
    init(_ context: TLSContext, serverName: String?) throws(TLSError) {
        ERR_clear_error()
        guard let session = unsafe SSL_new(context.pointer), let incoming = unsafe BIO_new(BIO_s_mem()),
            let outgoing = unsafe BIO_new(BIO_s_mem())
        else { throw TLSError.fromQueue(.material, doing: "making a TLS session") }
        self.context = context
        self.serverName = serverName
        unsafe self.session = session
        unsafe self.incoming = incoming
        unsafe self.outgoing = outgoing
        unsafe record = .allocate(byteCount: TLSSession.recordSize, alignment: 16)
        unsafe martlet_bio_never_ends(incoming)
        unsafe martlet_bio_never_ends(outgoing)
        // The session owns both buffers from here on.
        unsafe SSL_set_bio(session, incoming, outgoing)
        if context.role == .client {
            unsafe SSL_set_connect_state(session)
            try expect(serverName)
        } else {
            unsafe SSL_set_accept_state(session)
        }
    }

    deinit {
        unsafe SSL_free(session)
        unsafe record.deallocate()
    }

    private func expect(_ serverName: String?) throws(TLSError) {
        guard let serverName else {
            if context.verifiesPeer {
                throw TLSError(.material, reason: "no host name is known to verify the server's certificate against")
            }
            return
        }
        let isAddress = TLSSession.isAddress(serverName)
        if !isAddress, unsafe martlet_ssl_set_server_name(session, serverName) != 1 {
            throw TLSError.fromQueue(.material, doing: "setting the server's name")
        }
        guard context.verifiesPeer else { return }
        let status =
            unsafe isAddress
            ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), serverName)
            : X509_VERIFY_PARAM_set1_host(SSL_get0_param(session), serverName, 0)
        unsafe X509_VERIFY_PARAM_set_hostflags(
            SSL_get0_param(session), UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        if status != 1 { throw TLSError.fromQueue(.material, doing: "setting the server's name") }
    }

    private static func isAddress(_ name: String) -> Bool {
        var v4 = in_addr()
        var v6 = in6_addr()
        return unsafe inet_pton(AF_INET, name, &v4) == 1 || inet_pton(AF_INET6, name, &v6) == 1
    }

    // MARK: Encrypted bytes

    /// Takes what came from the peer, all of it.
    func feed(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { raw in
            guard unsafe !raw.isEmpty else { return }
            // A memory buffer takes everything or traps for want of memory.
            unsafe BIO_write(incoming, raw.baseAddress, Int32(clamping: raw.count))
        }
    }

    /// Appends what must be sent to the peer.
    func takeOutput(into bytes: inout [UInt8]) {
        let pending = unsafe BIO_ctrl_pending(outgoing)
        guard pending > 0 else { return }
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: pending))
        let taken = unsafe bytes.withUnsafeMutableBytes { raw -> Int in
            guard let base = raw.baseAddress else { return 0 }
            return unsafe Int(BIO_read(outgoing, base + start, Int32(clamping: pending)))
        }
        if taken < pending { bytes.removeLast(pending - max(0, taken)) }
    }

    // MARK: Handshake

    /// Goes on with the handshake as far as the bytes allow; true when it is done.
    func advanceHandshake() throws(TLSError) -> Bool {
        if isOpen { return true }
        ERR_clear_error()
        let status = unsafe SSL_do_handshake(session)
        if status == 1 {
            isOpen = true
            return true
        }
        if unsafe SSL_get_error(session, status) == SSL_ERROR_WANT_READ { return false }
        let result = unsafe SSL_get_verify_result(session)
        if context.verifiesPeer, result != Int(X509_V_OK) {
            ERR_clear_error()
            throw TLSError.verification(result, host: serverName)
        }
        throw TLSError.handshake()
    }

    // MARK: Plain bytes

    /// Hands over the next record's bytes; false when there is none left. The view is valid during the call only.
    func read(_ body: (RawSpan) -> Void) throws(TLSError) -> Bool {
        ERR_clear_error()
        let count = unsafe SSL_read(session, record.baseAddress, Int32(record.count))
        if count > 0 {
            body(unsafe UnsafeRawBufferPointer(rebasing: record[..<Int(count)]).bytes)
            return true
        }
        switch unsafe SSL_get_error(session, count) {
        case SSL_ERROR_WANT_READ: return false
        case SSL_ERROR_ZERO_RETURN:
            peerClosed = true
            return false
        default: throw TLSError.fromQueue(.record, doing: "reading TLS records")
        }
    }

    /// Encrypts all bytes; `takeOutput` has them then. Only after the handshake.
    func write(_ bytes: [UInt8]) throws(TLSError) {
        var offset = 0
        while offset < bytes.count {
            ERR_clear_error()
            let count = unsafe bytes.withUnsafeBytes { raw -> Int32 in
                guard let base = raw.baseAddress else { return 0 }
                return unsafe SSL_write(session, base + offset, Int32(clamping: raw.count - offset))
            }
            guard count > 0 else { throw TLSError.fromQueue(.record, doing: "writing TLS records") }
            offset += Int(count)
        }
    }

    /// Says to the peer that no more is sent; `takeOutput` has the message.
    func sendClose() {
        guard isOpen else { return }
        ERR_clear_error()
        unsafe SSL_shutdown(session)
        ERR_clear_error()
    }
}

extension TLSError {
    /// What ended a handshake, with advice on the errors that users meet.
    static func handshake() -> TLSError {
        var error = TLSError.fromQueue(.handshake, doing: "making a TLS connection")
        switch Int32(truncatingIfNeeded: error.code) {
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG:
            error.kind = .record
            error.advice = "the peer does not speak TLS on this port: use its TLS port, or switch TLS off"
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
            SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            error.advice = "the peer may ask for a client certificate: give a certificate and its key"
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
            error.advice =
                "the peer refuses our certificate: it must be valid and signed by an authority that the peer knows"
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, SSL_R_NO_SHARED_CIPHER:
            error.advice = "both sides need TLS 1.2 or newer"
        default: break
        }
        return error
    }
}
