internal import COpenSSL

/// Which OpenSSL is linked.
package enum OpenSSLVersion {
    /// As OpenSSL says it, such as `OpenSSL 3.0.11 19 Sep 2023`.
    package static var text: String {
        guard let text = unsafe OpenSSL_version(OPENSSL_VERSION) else { return "OpenSSL" }
        return unsafe String(cString: text)
    }
}
