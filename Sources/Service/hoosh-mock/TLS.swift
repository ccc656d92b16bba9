import CSSL
import Glibc
import Loop

/// The certificate of a listener, and whether clients must show one.
///
/// `@unchecked Sendable` holds because its context is set up before anybody else sees it and only read afterwards, and
/// OpenSSL locks what the sessions made from a context share (openssl-threads(7)).
final class TLSIdentity: @unchecked Sendable {
    private let context: OpaquePointer

    /// Why https cannot be served.
    struct Failure: Error {
        let text: String
    }

    init(certificateFile: String, keyFile: String, clientAuthorityFile: String?) throws(Failure) {
        guard let made = SSL_CTX_new(TLS_server_method()) else { throw Failure(text: "OpenSSL has no TLS server") }
        context = made
        _ = cssl_ctx_set_min_proto_version(made, TLS1_2_VERSION)
        // Both are macros in C. A write may take a part, and may go on from another address.
        let modes =
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER)
            | Int(SSL_MODE_RELEASE_BUFFERS)
        _ = SSL_CTX_ctrl(made, SSL_CTRL_MODE, modes, nil)
        guard SSL_CTX_use_certificate_chain_file(made, certificateFile) == 1 else {
            throw Failure(text: "cannot use the certificate \(certificateFile): \(TLSIdentity.reason)")
        }
        guard SSL_CTX_use_PrivateKey_file(made, keyFile, SSL_FILETYPE_PEM) == 1 else {
            throw Failure(text: "cannot use the key \(keyFile): \(TLSIdentity.reason)")
        }
        if let clientAuthorityFile {
            guard SSL_CTX_load_verify_locations(made, clientAuthorityFile, nil) == 1 else {
                throw Failure(text: "cannot use the client CA \(clientAuthorityFile): \(TLSIdentity.reason)")
            }
            SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
            let session: [UInt8] = Array("hoosh-mock".utf8)
            _ = SSL_CTX_set_session_id_context(made, session, UInt32(session.count))
        }
    }

    deinit { SSL_CTX_free(context) }

    func session(_ descriptor: Int32) -> TLSSession? {
        guard let ssl = SSL_new(context) else { return nil }
        guard SSL_set_fd(ssl, descriptor) == 1 else {
            SSL_free(ssl)
            return nil
        }
        SSL_set_accept_state(ssl)
        return TLSSession(ssl)
    }

    private static var reason: String {
        var buffer = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_get_error(), &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// TLS over one connection's descriptor, which somebody else owns.
///
/// Loop only.
final class TLSSession {
    private let ssl: OpaquePointer
    private var isFailed = false

    fileprivate init(_ ssl: OpaquePointer) { self.ssl = ssl }

    deinit { SSL_free(ssl) }

    /// Goes on with the handshake; moved once it is done.
    func shakeHands() -> Transfer {
        ERR_clear_error()
        return outcome(SSL_do_handshake(ssl))
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        ERR_clear_error()
        return outcome(SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count)))
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        ERR_clear_error()
        return outcome(SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count)))
    }

    /// Tells the peer that no more comes (RFC 8446 §6.1).
    func endSending() {
        guard !isFailed else { return }
        ERR_clear_error()
        _ = SSL_shutdown(ssl)
    }

    private func outcome(_ result: Int32) -> Transfer {
        if result > 0 { return .moved(Int(result)) }
        let system = errno
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SYSCALL:
            isFailed = true
            return .failed(system == 0 ? Kernel.brokenStream : system)
        default:
            isFailed = true
            return .failed(Kernel.brokenStream)
        }
    }
}
