import Conversation
import JSON

/// A turn as far as a cut must know it, whatever it was read from.
struct Turn {
    /// How a part of it is tied to another turn.
    enum Tie {
        /// Something is called; the id may be empty.
        case call(id: [UInt8], name: [UInt8])
        /// What came of a call; the id may be empty.
        case result(id: [UInt8], name: [UInt8])
        /// What one dialect alone knows names a call: one before it, or else itself.
        case either(id: [UInt8])
    }

    /// It stays wherever it stands.
    var isSystem = false
    /// The user speaks, and does not hand over what a tool gave back.
    var begins = false
    /// Of text, for the estimate.
    var bytes = 0
    var ties: [Tie] = []
}

extension Turn {
    init(_ message: ChatMessage) {
        isSystem = message.role == .system || message.role == .developer
        bytes = TokenEstimate.bytes(message)
        var hasResult = false
        for part in message.parts {
            switch part {
            case .toolCall(let call): ties.append(.call(id: call.id.plain, name: call.name.plain))
            case .toolResult(let result):
                hasResult = true
                ties.append(.result(id: result.callID.plain, name: result.name?.plain ?? []))
            case .other(_, let node): if let tie = Turn.tie(ofOwn: node) { ties.append(tie) }
            case .text, .media, .reasoning, .refusal: break
            }
        }
        begins = message.role == .user && !message.parts.isEmpty && !hasResult
    }

    /// Calls that a server runs, whose results name them.
    static func tie(ofOwn node: JSONNode) -> Tie? {
        if let id = (node["tool_use_id"] ?? node["call_id"])?.string?.plain { return .either(id: id) }
        if let id = node["id"]?.string?.plain { return .call(id: id, name: []) }
        return nil
    }
}
