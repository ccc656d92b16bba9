import Arrival
import Bytes
import Dialect
import HTTP
import Identity
import JSON
import Loop
import Routing

// Who asks, and what that one may do (docs/identity.md).
extension Session {
    /// The other end of the connection; nil when nobody knows.
    var clientAddress: ClientAddress? {
        if role == .item { return sender?.address }
        return Kernel.peerAddress(number).flatMap { ClientAddress(bytes: $0) }
    }

    /// What was decided about a request of the proxy's own.
    var errand: Errand? { sender?.errand }

    /// Finds out who asks; false when nobody is let in, and the refusal is on its way.
    func identify() -> Bool {
        switch role {
        case .admin: return true
        case .client: return enter()
        case .item: return continueAsSender()
        }
    }

    private func enter() -> Bool {
        (caller, callerRow) = (.anonymous, -1)
        let access = worker.snapshot.configuration.access
        guard access.isBearer || access.tenantHeader != nil else { return true }
        // From elsewhere nobody's key is compared any more; here on this machine others share the address.
        if access.isBearer, let wait = guessingWait, clientAddress?.isLoopback == false {
            refuseGuessing(wait)
            return false
        }
        let span = requestBytes.bindMemory(to: UInt8.self).span
        let answer = Gate.admit(access, reader.head, span, takesQuery: reader.surface.format == .gemini) {
            self.clientAddress
        }
        switch answer {
        case .admitted(let caller):
            let row = caller.position < 0 ? -1 : worker.snapshot.keyRows[caller.position]
            (self.caller, callerRow) = (caller, row)
            return true
        case .refused(let reason):
            // Probes have no key.
            if path == OwnPath.health.rawValue { return true }
            if reason == .unknown || reason == .differing {
                if let wait = guessingWait {
                    refuseGuessing(wait)
                    return false
                }
                noteGuess()
            }
            worker.counters.denied[reason.word, default: 0] += 1
            refuse(Session.refusal(reason, access.tenantHeader ?? ""))
            return false
        }
    }

    /// For how long the other end is shut out because of wrong keys, nanoseconds.
    var guessingWait: Int64? {
        let book = worker.shared.attempts
        guard !book.isQuiet, let address = clientAddress else { return nil }
        return book.wait(for: address, now: loop.now)
    }

    /// Counts a wrong key.
    func noteGuess() {
        if let address = clientAddress { worker.shared.attempts.note(address, now: loop.now) }
    }

    /// Answers somebody who has sent too many wrong keys.
    func refuseGuessing(_ wait: Int64) {
        worker.counters.denied["guessing", default: 0] += 1
        let seconds = (wait + 999_999_999) / 1_000_000_000
        let message =
            "too many wrong keys came from this address; try again in \(seconds) s, with one that is known"
        refuse(Refusal(429, "too_many_attempts", message), retryAfterSeconds: Int(seconds))
    }

    private static func refusal(_ reason: Admission.Reason, _ header: String) -> Refusal {
        switch reason {
        case .missing:
            var refusal = Refusal(
                401,
                "invalid_api_key",
                "this proxy asks for a key: send `Authorization: Bearer KEY`, `x-api-key`, `x-goog-api-key` or `api-key`"
            )
            refusal.challenge = "Bearer realm=\"hoosh-proxy\""
            return refusal
        case .unknown:
            var refusal = Refusal(401, "invalid_api_key", "this proxy does not know the key that was sent")
            refusal.challenge = "Bearer realm=\"hoosh-proxy\", error=\"invalid_token\""
            return refusal
        case .differing:
            return Refusal(400, "ambiguous_credentials", "the request carries two keys that differ: send one")
        case .malformedTenant:
            let message = "`\(header)` names one tenant in 1 to 128 visible characters without a comma"
            return Refusal(400, "invalid_tenant", message)
        case .foreignTenant:
            return Refusal(403, "tenant_not_allowed", "`\(header)` names another tenant than the key's own")
        }
    }

    /// A request of a batch is of whoever handed that in, as long as there is such a key.
    private func continueAsSender() -> Bool {
        let snapshot = worker.snapshot
        let access = snapshot.configuration.access
        let found = sender?.key.flatMap { access.ring.caller(named: $0) }
        if access.isBearer, found == nil {
            worker.counters.denied[Admission.Reason.unknown.word, default: 0] += 1
            refuse(Refusal(401, "invalid_api_key", "the key that handed this batch in is not valid any more"))
            return false
        }
        var caller = found ?? .anonymous
        if caller.tenant == nil, let tenant = sender?.tenant { caller = caller.acting(for: tenant) }
        let row = caller.position < 0 ? -1 : snapshot.keyRows[caller.position]
        (self.caller, callerRow) = (caller, row)
        return true
    }
}

/// Who handed a batch in, or whom the proxy asks for: names, never a token.
struct Sender: Sendable {
    let key: String?
    let tenant: String?
    let address: ClientAddress?
    /// What part of the proxy sends it, for the audit log.
    let origin: Origin
    /// What was decided about it already; nil for what is decided as a client's request.
    var errand: Errand?

    enum Origin: String { case batch, cache, warm }

    init(of session: Session, origin: Origin) {
        key = session.caller.key?.name
        tenant = session.caller.tenant
        address = session.clientAddress
        self.origin = origin
    }

    /// Somebody who has no connection.
    init(key: String?, tenant: String?, origin: Origin) {
        self.key = key
        self.tenant = tenant
        address = nil
        self.origin = origin
    }
}

extension Caller {
    /// True when it may hear of a model: its key may ask for it, or for what the name stands for.
    func mayKnow(_ name: String, _ aliases: [String: String]) -> Bool {
        guard let key else { return true }
        return key.allows(model: name) || (aliases[name].map { key.allows(model: $0) } ?? false)
    }
}

extension ClientPaths {
    /// True when the caller may ask for the model; else the refusal is on its way.
    static func mayAsk(_ session: Session, _ model: [UInt8], _ asked: [UInt8]) -> Bool {
        guard let key = session.caller.key, key.models != nil, !session.reader.asksForModel else { return true }
        // The first goes by two names: the client's, and the one that an alias stands for.
        let names = [(model, asked)] + others(session).map { ($0, $0) }
        for (name, asked) in names where !session.caller.allows(model: name.span, askedAs: asked.span) {
            let shown = String(decoding: asked.prefix(128), as: UTF8.self)
            let what =
                shown.isEmpty
                ? "the key `\(key.name)` is for some models only, and this request names none"
                : "the key `\(key.name)` may not ask for the model `\(shown)`"
            session.refuse(Refusal(403, "model_not_allowed", what, param: "model"))
            return false
        }
        return true
    }

    /// What OpenRouter takes for models to fall back to.
    private static func others(_ session: Session) -> [[UInt8]] {
        let reader = session.reader
        guard reader.isJSON, reader.bodyBytes > 0 else { return [] }
        let span = session.requestBytes.bindMemory(to: UInt8.self).span
        let body = span.extracting(reader.headBytes..<reader.consumedBytes)
        var names: [[UInt8]] = []
        // What is no JSON was refused, or is no chat.
        struct Unreadable: Error {}
        try? ObjectFields.forEach(in: body, orElse: { _ in Unreadable() }) { member throws(Unreadable) in
            let key = body.extracting(member.key.range)
            let plain = member.keyIsEscaped ? JSONText.unescape(key) : key.indices.map { key[$0] }
            guard plain == Array("models".utf8), member.kind != .null else { return }
            let value = body.extracting(member.value.range)
            let node = try? JSONNode.parse(value.indices.map { value[$0] })
            names += (node?.elements ?? []).map { $0.string?.plain ?? [] }
            if node?.elements == nil { names.append([]) }
        }
        return names
    }

    /// True when the caller may send a request of this class; else the refusal is on its way.
    static func maySend(_ session: Session, _ level: Level, _ requestID: [UInt8]) -> Bool {
        guard let key = session.caller.key, level > key.maxLevel else { return true }
        let message =
            "the key `\(key.name)` sends requests up to class \(key.maxLevel.word), and this one is \(level.word)"
        session.refuse(Refusal(403, "class_not_allowed", message), requestID: requestID)
        return false
    }
}

extension AdminPaths {
    /// What orchestrators ask, who have no token.
    static let probes = [
        "/healthz", "/livez", "/health/liveliness", "/health/liveness", "/readyz", "/health/readiness",
    ]

    /// True when the request carries the admin's token, or none is asked for.
    static func admits(_ session: Session) -> Bool {
        let span = session.requestBytes.bindMemory(to: UInt8.self).span
        return Gate.admitsAdmin(session.worker.snapshot.configuration.access, session.reader.head, span)
    }

    /// Answers somebody who is not the admin.
    static func refuseStranger(_ session: Session) {
        if let wait = session.guessingWait { return session.refuseGuessing(wait) }
        if Gate.sendsKey(session.reader.head, session.requestBytes.bindMemory(to: UInt8.self).span) {
            session.noteGuess()
        }
        session.worker.counters.denied["admin", default: 0] += 1
        var refusal = Refusal(401, "invalid_api_key", "the admin listener asks for its token (auth.admin)")
        refusal.challenge = "Bearer realm=\"hoosh-proxy admin\""
        session.refuse(refusal)
    }
}
