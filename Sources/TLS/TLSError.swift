internal import COpenSSL

/// Why a TLS context was not made, or a session ended: OpenSSL's words, and what to do.
package struct TLSError: Error, Sendable, Equatable {
    /// The class of an error, for decisions in code.
    package enum Kind: Sendable, Equatable {
        /// A certificate or key that a setting names cannot be read or does not fit.
        case material
        /// The peer's certificate is not accepted: expired, unknown issuer, wrong host.
        case verification
        /// The peer refuses us by an alert, or both sides have nothing in common.
        case handshake
        /// What came is not TLS, or was damaged.
        case record
        /// The peer ended the connection without saying so.
        case truncated
    }

    /// The class of the error.
    package var kind: Kind
    /// OpenSSL's words.
    package var reason: String
    /// What the user can do; empty where nothing is known.
    package var advice: String
    /// OpenSSL's number: of the verification where that is what failed, else of its error queue.
    package var code: Int

    package init(_ kind: Kind, reason: String, advice: String = "", code: Int = 0) {
        self.kind = kind
        self.reason = reason
        self.advice = advice
        self.code = code
    }
}

extension TLSError: CustomStringConvertible {
    /// The reason and the advice in one line.
    package var description: String { advice.isEmpty ? reason : reason + "; " + advice }
}

extension TLSError {
    /// What OpenSSL's queue holds, emptied. Never called with an error of an earlier call in it.
    static func fromQueue(_ kind: Kind, doing action: String, advice: String = "") -> TLSError {
        let code = ERR_peek_error()
        var words = action
        while true {
            let next = ERR_get_error()
            guard next != 0 else { break }
            words += ": " + text(of: next)
        }
        return TLSError(kind, reason: words, advice: advice, code: Int(martlet_err_reason(code)))
    }

    /// The reason alone where OpenSSL knows it; else its whole line.
    private static func text(of code: UInt) -> String {
        if let reason = unsafe ERR_reason_error_string(code) { return unsafe String(cString: reason) }
        var line = [CChar](repeating: 0, count: 256)
        unsafe ERR_error_string_n(code, &line, line.count)
        return String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The peer's certificate was refused.
    static func verification(_ result: Int, host: String?) -> TLSError {
        let words = unsafe X509_verify_cert_error_string(result).map { unsafe String(cString: $0) } ?? "error \(result)"
        let advice: String
        switch Int32(truncatingIfNeeded: result) {
        case X509_V_ERR_CERT_HAS_EXPIRED: advice = "renew the server's certificate, or set this machine's clock"
        case X509_V_ERR_CERT_NOT_YET_VALID: advice = "set this machine's clock, or wait until the certificate is valid"
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
            advice = "give the certificate of the authority that signed the server's certificate"
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            advice = "the certificate is not for \(host ?? "this host"): connect by a name that it holds"
        default: advice = ""
        }
        return TLSError(
            .verification, reason: "verifying the server's certificate: " + words, advice: advice, code: result)
    }
}
