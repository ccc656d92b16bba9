import CSSL
import Glibc

/// How a raw connection speaks TLS.
package struct TLSSettings: Sendable {
    /// The file with the authority to trust; nil trusts anybody.
    package var authority: String?
    /// The files of the client's certificate and key.
    package var identity: (certificate: String, key: String)?

    /// Makes settings.
    package init(authority: String? = nil, identity: (certificate: String, key: String)? = nil) {
        self.authority = authority
        self.identity = identity
    }
}

/// TLS on a connected, blocking socket.
final class ClientTLS {
    private let context: OpaquePointer
    private let ssl: OpaquePointer

    init(_ settings: TLSSettings, socket: Int32) throws {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw TestKitFailure("OpenSSL has no TLS client") }
        if let authority = settings.authority {
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
            _ = SSL_CTX_load_verify_locations(context, authority, nil)
        }
        if let identity = settings.identity {
            _ = SSL_CTX_use_certificate_chain_file(context, identity.certificate)
            _ = SSL_CTX_use_PrivateKey_file(context, identity.key, SSL_FILETYPE_PEM)
        }
        guard let ssl = SSL_new(context) else {
            SSL_CTX_free(context)
            throw TestKitFailure("OpenSSL has no session")
        }
        self.context = context
        self.ssl = ssl
        SSL_set_fd(ssl, socket)
        ERR_clear_error()
        guard SSL_connect(ssl) == 1 else { throw TestKitFailure("the TLS handshake failed") }
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    var hasPending: Bool { SSL_pending(ssl) > 0 }

    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        ERR_clear_error()
        return Int(SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count)))
    }

    /// As `recv`: 0 for an announced end, below 0 for a broken one.
    func receive(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        ERR_clear_error()
        let count = SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count))
        if count > 0 { return Int(count) }
        let reason = SSL_get_error(ssl, count)
        if reason == SSL_ERROR_ZERO_RETURN { return 0 }
        if reason == SSL_ERROR_SSL { errno = EPROTO }
        return -1
    }

    func endSending() { _ = SSL_shutdown(ssl) }
}
