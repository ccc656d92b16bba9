import Conversation
import Dialect
import Decision
import Forwarding
import JSON
import Providers
import Routing
import Shortening
import Translation

// Long chats that their route wants shorter (docs/context.md).
extension Exchange {
    /// The chat as this target is asked, when its route makes it shorter; nil when it goes as it came.
    ///
    /// What cannot be read goes as it came too: whoever must read it says what is wrong with it.
    func shortened(_ target: Target, _ provider: Provider, _ client: ChatFormat) -> (ChatRequest, Shortening.Report)? {
        guard !plan.context.isOff else { return nil }
        if chat == nil { chat = try? readChat(client) }
        guard let chat else { return nil }
        let facts = snapshot.modelTables[target.provider].facts(of: modelBytes(target))
        let estimate = TokenEstimate(tenthsPerToken: provider.kind.tenthsPerToken)
        return Shortening(plan.context, windowTokens: facts.context, estimate: estimate).shortened(chat)
    }

    /// A shorter chat for a provider that speaks the client's format; nil when it goes as it came.
    ///
    /// Only the conversation is written anew: every other member of the body stays as the client spelled it.
    func shortenedInPlace(_ target: Target, _ provider: Provider, _ format: ChatFormat) -> Restated? {
        guard format.canBeAsked, let (chat, report) = shortened(target, provider, format) else { return nil }
        var terms = asked(target, provider, format).0
        // The answer passes as it is, so nothing may be asked for that the client did not.
        terms.wantsStreamUsage = chat.wantsStreamUsage
        guard let written = try? RequestTranslation.write(chat, as: format, terms) else { return nil }
        let isElsewhere = format == .gemini || format == .ollama
        let query = session.query.isEmpty ? "" : "?" + session.query
        let path = Array(provider.targetPrefix.path(for: session.path + query).utf8)
        let head =
            isElsewhere
            ? passed(target, provider, format).head
            : UpstreamHead.Restatement(path: path, format: format, isTranslated: false)
        let reader = session.reader
        let original = Array(UnsafeRawBufferPointer(rebasing: bytes[reader.headBytes..<reader.consumedBytes]))
        let body = chat.usesFunctions ? nil : ConversationMembers.replaced(in: original, by: written.body)
        let dropped = body == nil ? written.dropped : written.dropped.filter(ConversationMembers.isInside)
        var restated = Restated(
            head: head,
            body: body ?? written.body,
            dropped: Array(dropped.joined(separator: ", ").utf8),
            answer: nil
        )
        restated.context = Array(report.field.utf8)
        return restated
    }
}

/// The members of a body that are the conversation itself, whatever the format.
private enum ConversationMembers {
    static let names: Set<String> = ["messages", "contents", "system", "systemInstruction", "system_instruction"]

    /// A body with the conversation of another, and its model; nil when one of them is no object.
    static func replaced(in original: [UInt8], by written: [UInt8]) -> [UInt8]? {
        guard let old = try? JSONNode.parse(original), let new = try? JSONNode.parse(written), old.isObject else {
            return nil
        }
        var writer = JSONWriter()
        writer.beginObject()
        var done: Set<String> = []
        func put(_ member: JSONNode.Member) {
            writer.key(member.key)
            writer.node(member.value)
        }
        for member in old.members {
            guard names.contains(member.key) else {
                writer.key(member.key)
                writer.node(member.key == "model" ? new["model"] ?? member.value : member.value)
                continue
            }
            // Two spellings of one member become one.
            for other in new.members where names.contains(other.key) && done.insert(other.key).inserted { put(other) }
        }
        writer.endObject()
        return writer.bytes
    }

    /// True for what a writer left out of the conversation; what it left out elsewhere is there again.
    static func isInside(_ name: String) -> Bool {
        names.contains(String(name.prefix { $0 != "." && $0 != "[" }))
    }
}
