import Arrival
import Audit
import CLinux
import Glibc
import HTTP
import Routing

// What the audit log says of requests that never reach a provider, and what it forbids.
extension Session {
    /// True when the request was refused because it could not be written down (`audit.on_failure: deny`).
    func isStoppedByAudit() -> Bool {
        guard let desk = worker.shared.audit, !desk.log.isWorking, worker.snapshot.audit?.denies == true else {
            return false
        }
        guard !isAskedInTrouble else { return false }
        desk.log.countDenied()
        var message = "the audit log cannot be written, and nothing is served without it; try again later"
        if role == .admin, let trouble = desk.log.status.trouble { message += ": \(trouble)" }
        refuse(Refusal(503, Session.auditCode, message), retryAfterSeconds: 1)
        return true
    }

    /// Reads that change nothing and tell of nobody: whoever asks shall learn that the process lives, and how.
    private var isAskedInTrouble: Bool {
        if isUnworthy(path) { return true }
        guard role == .admin, reader.head.method == .get || reader.head.method == .head else { return false }
        return ["/v1/admin/config", "/v1/admin/state", "/v1/cache/stats", "/v1/queue/status"].contains(path)
    }

    private static let auditCode = "audit_unavailable"

    /// Writes down an answer of the proxy's own; `code` is that of an error.
    func auditOwnAnswer(_ status: Int, code: String?, requestID: String) {
        guard let desk = worker.shared.audit, code != Session.auditCode else { return }
        guard reader.isHeadComplete || code != nil else { return }
        var entry = heldEntry ?? auditEntry()
        if code == nil, isUnworthy(entry.path ?? "") { return }
        entry.requestID = requestID
        entry.decision = code == nil ? .answered : .refused
        entry.code = code
        entry.status = status
        if phase == .answering, role != .admin, heldEntry == nil { entry.body = auditBody(.restricted) }
        desk.log.submit(entry.record)
    }

    /// Keeps what the log will say, before the request's bytes are given up.
    func holdAuditEntry() {
        guard worker.shared.audit != nil else { return }
        var entry = auditEntry()
        if role != .admin { entry.body = auditBody(.restricted) }
        heldEntry = entry
    }

    /// Probes and scrapes come every few seconds and say nothing about anybody.
    private func isUnworthy(_ path: String) -> Bool {
        if role != .admin { return path == "/v1/health" || path == "/v1/health/providers" }
        return path == "/metrics" || path == "/healthz" || path == "/livez" || path == "/readyz"
            || path.hasPrefix("/health/")
    }

    /// What is known of any request.
    func auditEntry() -> AuditEntry {
        var entry = AuditEntry()
        entry.kind = role == .admin ? .admin : .request
        entry.peer = peerName
        entry.key = caller.key?.name
        entry.tenant = caller.tenant
        entry.configuration = worker.snapshot.hash
        guard reader.isHeadComplete else { return entry }
        let (method, path) = (method, path)
        entry.method = method.utf8.count > 32 ? String(method.prefix(32)) : method
        entry.path = path.utf8.count > 1_024 ? String(path.prefix(1_024)) : path
        return entry
    }

    /// What may be kept of a body that has this class; nil without one, and of an upload that goes by.
    func auditBody(_ level: Level) -> AuditEntry.Body? {
        guard let policy = worker.snapshot.audit, policy.body != .none, !reader.streamsRest, reader.bodyBytes > 0,
            requestBytes.count >= reader.consumedBytes
        else { return nil }
        var part = UnsafeRawBufferPointer(rebasing: requestBytes[reader.headBytes..<reader.consumedBytes])
        var payload: [UInt8] = []
        if !reader.isJSON, reader.head.framing == .chunked {
            payload = Upload.payload(of: part.bindMemory(to: UInt8.self).span)
        }
        return payload.withUnsafeBytes { unchunked in
            if !payload.isEmpty { part = unchunked }
            var body = AuditEntry.Body(count: part.count, digest: AuditKey.digest(part))
            if policy.body == .full, level <= policy.maxLevel { body.text = String(validating: part, as: UTF8.self) }
            return body
        }
    }

    /// The other end: `ADDRESS:PORT`, `unix`, or what part of the proxy it is (`batch`, `cache`, `warm`).
    var peerName: String? {
        if role == .item { return sender?.origin.rawValue }
        if let knownPeer { return knownPeer }
        knownPeer = PeerName.of(number)
        return knownPeer
    }
}

/// The other end of a connection, in words.
enum PeerName {
    /// Nil when there is no connection any more.
    static func of(_ descriptor: Int32) -> String? {
        guard descriptor >= 0 else { return nil }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        guard result == 0 else { return nil }
        let family = Int32(storage.ss_family)
        return withUnsafePointer(to: &storage) { pointer in
            switch family {
            case AF_INET:
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { name in
                    var address = name.pointee.sin_addr
                    return text(AF_INET, &address).map { "\($0):\(UInt16(bigEndian: name.pointee.sin_port))" }
                }
            case AF_INET6:
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { name in
                    var address = name.pointee.sin6_addr
                    return text(AF_INET6, &address).map { "[\($0)]:\(UInt16(bigEndian: name.pointee.sin6_port))" }
                }
            default: "unix"
            }
        }
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        guard inet_ntop(family, address, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
