#ifndef MARTLET_COPENSSL_H
#define MARTLET_COPENSSL_H

#include <openssl/ssl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Macros of OpenSSL as functions: Swift imports no macro that is more than a literal.

static inline int martlet_ctx_set_min_version(SSL_CTX *ctx, int version) {
    return (int)SSL_CTX_set_min_proto_version(ctx, version);
}

static inline void martlet_ctx_release_idle_buffers(SSL_CTX *ctx) { SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); }

static inline int martlet_ctx_add_chain_certificate(SSL_CTX *ctx, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(ctx, certificate);
}

static inline int martlet_ssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

// A read from the empty buffer means "later", not the end.
static inline void martlet_bio_never_ends(BIO *bio) { BIO_set_mem_eof_return(bio, -1); }

static inline int martlet_err_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline int martlet_err_library(unsigned long code) { return ERR_GET_LIB(code); }

// Never asks on a terminal: an encrypted key without its passphrase is an error.
static inline EVP_PKEY *martlet_pem_read_key(BIO *bio) { return PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)""); }

static inline X509 *martlet_pem_read_certificate(BIO *bio) { return PEM_read_bio_X509(bio, NULL, NULL, (void *)""); }

// Constants that are casts or shifts.
static const uint64_t MARTLET_TLS_OPTIONS = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION;

#endif
