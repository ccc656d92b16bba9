#pragma once
// SHA256_* write where they are told and allocate nothing; EVP looks its algorithm up anew each time.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

// OpenSSL's set-up calls are macros, which Swift cannot see.
static inline long cssl_ctx_set_min_proto_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version);
}
static inline int cssl_pending(const SSL *ssl) { return SSL_pending(ssl); }

static inline void cssl_sha256(const void *bytes, size_t count, void *digest) {
    SHA256_CTX state;
    SHA256_Init(&state);
    if (count > 0) SHA256_Update(&state, bytes, count);
    SHA256_Final((unsigned char *)digest, &state);
    OPENSSL_cleanse(&state, sizeof state);
}
