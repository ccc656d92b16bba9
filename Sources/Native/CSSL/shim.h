#pragma once
#include <openssl/ssl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

// OpenSSL's set-up calls are macros, which Swift cannot see.
static inline long cssl_ctx_set_min_proto_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version);
}
static inline int cssl_pending(const SSL *ssl) { return SSL_pending(ssl); }
