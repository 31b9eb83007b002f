internal import COpenSSL

/// Certificates and rules, read and checked; sessions are made of it. It costs 2.5 MB: make it when the first session needs it.
///
/// It does not change after it was made and OpenSSL counts its references, so that any shard may use it.
@safe package final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    let role: TLSRole
    let verifiesPeer: Bool

    /// Reads certificates and keys; files are read here, so this is control plane.
    package init(_ role: TLSRole, _ settings: TLSSettings) throws(TLSError) {
        ERR_clear_error()
        guard let context = unsafe SSL_CTX_new(role == .client ? TLS_client_method() : TLS_server_method()) else {
            throw TLSError.fromQueue(.material, doing: "making a TLS context")
        }
        unsafe pointer = context
        self.role = role
        verifiesPeer = settings.verifiesPeer && (role == .client || settings.authorities != nil)
        unsafe martlet_ctx_set_min_version(context, TLS1_2_VERSION)
        unsafe SSL_CTX_set_options(context, MARTLET_TLS_OPTIONS)
        unsafe martlet_ctx_release_idle_buffers(context)
        try loadAuthorities(settings)
        try loadIdentity(settings)
        let mode = verifiesPeer ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE
        unsafe SSL_CTX_set_verify(context, mode, nil)
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    private func loadAuthorities(_ settings: TLSSettings) throws(TLSError) {
        guard verifiesPeer else { return }
        ERR_clear_error()
        guard let authorities = settings.authorities else {
            if unsafe SSL_CTX_set_default_verify_paths(pointer) != 1 {
                throw TLSError.fromQueue(.material, doing: "reading the system's certificate authorities")
            }
            return
        }
        let certificates = try PEM(authorities, naming: "the authorities' certificate").certificates()
        let store = unsafe SSL_CTX_get_cert_store(pointer)
        for certificate in certificates {
            if unsafe X509_STORE_add_cert(store, certificate.pointer) != 1 {
                throw TLSError.fromQueue(.material, doing: "adding an authority's certificate")
            }
        }
    }

    private func loadIdentity(_ settings: TLSSettings) throws(TLSError) {
        guard let certificate = settings.certificate else {
            if settings.key != nil {
                throw TLSError(.material, reason: "a key is given, but no certificate", advice: "give both or neither")
            }
            return
        }
        guard let key = settings.key else {
            throw TLSError(.material, reason: "a certificate is given, but no key", advice: "give both or neither")
        }
        let chain = try PEM(certificate, naming: "the certificate").certificates()
        let privateKey = try PEM(key, naming: "the key").privateKey()
        ERR_clear_error()
        guard unsafe SSL_CTX_use_certificate(pointer, chain[0].pointer) == 1 else {
            throw TLSError.fromQueue(.material, doing: "using the certificate")
        }
        for certificate in chain.dropFirst() {
            guard unsafe martlet_ctx_add_chain_certificate(pointer, certificate.pointer) == 1 else {
                throw TLSError.fromQueue(.material, doing: "using an intermediate certificate")
            }
        }
        guard unsafe SSL_CTX_use_PrivateKey(pointer, privateKey.pointer) == 1,
            unsafe SSL_CTX_check_private_key(pointer) == 1
        else {
            throw TLSError.fromQueue(
                .material, doing: "using the key", advice: "the key must be the one that the certificate was made for")
        }
    }
}
