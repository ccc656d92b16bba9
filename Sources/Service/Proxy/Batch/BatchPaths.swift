import Arrival
import Bytes
import CLinux
import Dialect
import HTTP
import Loop

/// `/v1/batch` and what is below it.
enum BatchPaths {
    private enum Place {
        case all
        case one(String)
        case cancel(String)
    }

    /// Serves the request that stands in the session.
    static func serve(_ session: Session) {
        let span = session.requestBytes.bindMemory(to: UInt8.self).span
        guard PlainPath.holds(span.extracting(session.reader.head.path.range)) else {
            return session.refuse(ClientPaths.badPath)
        }
        switch place(session.path) {
        case .all: open(session)
        case .one(let id):
            guard ClientPaths.allow(session, .get, .head, "GET, HEAD") else { return }
            ask(session, .show, id)
        case .cancel(let id):
            guard ClientPaths.allow(session, .post, .post, "POST") else { return }
            ask(session, .cancel, id)
        case nil: session.refuse(unknown)
        }
    }

    private static func place(_ path: String) -> Place? {
        let words = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(3).map(String.init)
        switch words.count {
        case 0: return .all
        case 1: return .one(words[0])
        case 2 where words[1] == "cancel": return .cancel(words[0])
        default: return nil
        }
    }

    /// The same for a batch that is not there and for somebody else's.
    private static let unknown = Refusal(404, "batch_not_found", "there is no such batch")

    private static func open(_ session: Session) {
        guard ClientPaths.allow(session, .post, .post, "POST") else { return }
        let reader = session.reader
        guard reader.isJSON, reader.bodyBytes > 0 else {
            return session.refuse(
                Refusal(415, "unsupported_media_type", "send the batch as Content-Type: application/json")
            )
        }
        guard !reader.head.hasContentCoding(in: session.requestBytes.bindMemory(to: UInt8.self).span) else {
            return session.refuse(Refusal(415, "unsupported_media_type", "send the body without Content-Encoding"))
        }
        let order: BatchOrder
        do { order = try BatchOrder(Array(session.requestBytes[reader.headBytes..<reader.consumedBytes])) } catch {
            return session.refuse(
                Refusal(400, "invalid_batch", error.message, param: error.param.isEmpty ? nil : error.param)
            )
        }
        guard let id = newID() else {
            return session.refuse(Refusal(503, "no_randomness", "the system gives no random bits; try again later"))
        }
        let requestID = session.requestID()
        ask(session, .open(order, head(session, requestID)), id, requestID: requestID, isAsync: order.isAsync)
    }

    /// 128 bits that nobody can guess.
    private static func newID() -> String? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let isFilled = bytes.withUnsafeMutableBytes { clinux_random($0.baseAddress, $0.count) == 0 }
        guard isFilled else { return nil }
        let digits = Array("0123456789abcdef")
        return "batch_" + String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    // MARK: Asking

    private static func ask(
        _ session: Session,
        _ wish: BatchDesk.Wish,
        _ id: String,
        requestID: [UInt8]? = nil,
        isAsync: Bool = true
    ) {
        let team = session.worker.team
        let inbox = session.worker.loop.inbox
        let asker = LoopBound(WeakSession(session))
        let requestID = requestID ?? session.requestID()
        let question = BatchDesk.Question(wish: wish, id: id, owner: owner(session)) { answer in
            inbox.post { asker.value.session.map { tell($0, answer, requestID) } }
        }
        if isAsync {
            session.awaitAnswer()
        } else {
            // Each of its requests has deadlines of its own.
            session.awaitAnswer(until: .max) {
                team.tellFirst { member in
                    member.batches(
                        BatchDesk.Question(wish: .abandon, id: id, owner: question.owner) { _ in }
                    )
                }
            }
            session.holdAuditEntry()
            session.releaseRequest()
        }
        team.tellFirst { $0.batches(question) }
    }

    private static func tell(_ session: Session, _ answer: BatchDesk.Answer, _ requestID: [UInt8]) {
        switch answer {
        case .found(let body): session.answer(200, "application/json", body, requestID: requestID)
        case .unknown: session.refuse(unknown, requestID: requestID)
        case .refused(let status, let code, let message):
            session.refuse(Refusal(status, code, message), requestID: requestID, retryAfterSeconds: 5)
        }
    }

    /// Whose batches these are: key and tenant; where no key is asked for, the digest of the credential, nil for none.
    private static func owner(_ session: Session) -> [UInt8]? {
        if let key = session.caller.key {
            return Array("key \(key.name) \(session.caller.tenant ?? "")".utf8)
        }
        let bytes = session.requestBytes
        for name in [KnownField.authorization, .xApiKey, .apiKey, .xGoogApiKey] {
            guard let field = session.reader.head.fields.first(where: { $0.id == name }) else { continue }
            let digest = Snapshot.digest(Array(bytes[field.value.range]))
            // Without one the batch is nobody's.
            return digest.isEmpty ? newID().map { Array($0.utf8) } ?? [] : digest
        }
        return nil
    }

    // MARK: The head of its requests

    private static func head(_ session: Session, _ requestID: [UInt8]) -> ItemHead {
        let head = session.reader.head
        let bytes = session.requestBytes
        let span = bytes.bindMemory(to: UInt8.self).span
        var fields: [UInt8] = []
        var key: [UInt8]?
        for index in head.fields.indices {
            let field = head.fields[index]
            switch field.id {
            case .contentLength, .contentType, .contentEncoding, .expect, .accept, .acceptEncoding, .xRequestID:
                continue
            // Its requests carry the name of the sender, not what proved it.
            case .authorization, .xApiKey, .xGoogApiKey, .apiKey:
                if session.caller.key != nil { continue }
            default: break
            }
            if HopByHop.isDropped(requestField: index, of: head, in: span) { continue }
            if session.isNamed(field, "idempotency-key") {
                key = Array(bytes[field.value.range])
                continue
            }
            fields += bytes[field.name.range]
            fields += [0x3a, 0x20]
            fields += bytes[field.value.range]
            fields += [0x0d, 0x0a]
        }
        let sender = Sender(of: session, origin: .batch)
        return ItemHead(fields: fields, idempotencyKey: key, requestID: requestID, sender: sender)
    }
}
