internal import Bytes
internal import COpenSSL

/// Reads certificates and keys from PEM text or from a file with it.
@safe struct PEM: ~Copyable {
    /// A certificate that is freed with its last reference.
    @safe final class Certificate {
        let pointer: OpaquePointer
        init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
        deinit { unsafe X509_free(pointer) }
    }

    /// A key that is freed with its last reference.
    @safe final class PrivateKey {
        let pointer: OpaquePointer
        init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
        deinit { unsafe EVP_PKEY_free(pointer) }
    }

    private let source: OpaquePointer
    private let name: String
    private let advice: String

    /// - Parameters:
    ///   - textOrPath: what contains `-----BEGIN` is text, everything else is the path of a file.
    ///   - name: what it is called in errors. The text itself never gets into one; a path does.
    init(_ textOrPath: String, naming name: String) throws(TLSError) {
        ERR_clear_error()
        let isText = textOrPath.contains(text: "-----BEGIN")
        self.name = isText ? name : "\(name) (file \(textOrPath))"
        advice = "it must be PEM: text with -----BEGIN, or the path of a file with it"
        let opened = unsafe isText ? PEM.copy(textOrPath) : BIO_new_file(textOrPath, "r")
        guard let source = unsafe opened else {
            throw TLSError.fromQueue(.material, doing: "opening \(self.name)", advice: advice)
        }
        unsafe self.source = source
    }

    deinit { unsafe BIO_free(source) }

    private static func copy(_ text: String) -> OpaquePointer? {
        let bytes = Array(text.utf8)
        guard let memory = unsafe BIO_new(BIO_s_mem()) else { return nil }
        unsafe BIO_write(memory, bytes, Int32(clamping: bytes.count))
        return unsafe memory
    }

    /// All certificates in it; none is an error.
    func certificates() throws(TLSError) -> [Certificate] {
        var found: [Certificate] = []
        ERR_clear_error()
        while let certificate = unsafe martlet_pem_read_certificate(source) {
            unsafe found.append(Certificate(certificate))
        }
        // The end of the text is an error like any other; it is the normal end where something was found.
        let last = ERR_peek_last_error()
        let isEnd = martlet_err_library(last) == ERR_LIB_PEM && martlet_err_reason(last) == PEM_R_NO_START_LINE
        guard !found.isEmpty, isEnd else {
            throw TLSError.fromQueue(.material, doing: "reading \(name)", advice: advice)
        }
        ERR_clear_error()
        return found
    }

    /// The key in it.
    func privateKey() throws(TLSError) -> PrivateKey {
        ERR_clear_error()
        guard let key = unsafe martlet_pem_read_key(source) else {
            throw TLSError.fromQueue(
                .material, doing: "reading \(name)", advice: advice + ", without a passphrase")
        }
        return unsafe PrivateKey(key)
    }
}
