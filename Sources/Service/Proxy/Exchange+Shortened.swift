import Conversation
import Dialect
import Decision
import Forwarding
import Providers
import Routing
import Shortening
import Translation

// Long chats that their route wants shorter (docs/context.md).
extension Exchange {
    /// The chat as this target is asked in another format, when its route makes it shorter; nil when nothing of it goes.
    func shortened(_ target: Target, _ provider: Provider, _ client: ChatFormat) -> (ChatRequest, Shortening.Report)? {
        guard !plan.context.isOff else { return nil }
        if chat == nil { chat = try? readChat(client) }
        guard let chat else { return nil }
        let facts = snapshot.modelTables[target.provider].facts(of: modelBytes(target))
        let estimate = TokenEstimate(tenthsPerToken: provider.kind.tenthsPerToken)
        return Shortening(plan.context, windowTokens: facts.context, estimate: estimate).shortened(chat)
    }

    /// A shorter chat for a provider that speaks the client's format; nil when it goes as it came and nothing is told.
    ///
    /// The body is not written anew: turns are taken out of it and texts replaced in it, and every other byte is the client's.
    func shortenedInPlace(_ target: Target, _ provider: Provider, _ format: ChatFormat) -> Restated? {
        guard !plan.context.isOff, format.canBeAsked, upload == nil else { return nil }
        let reader = session.reader
        let body = Array(UnsafeRawBufferPointer(rebasing: bytes[reader.headBytes..<reader.consumedBytes]))
        guard !body.isEmpty else { return nil }
        let facts = snapshot.modelTables[target.provider].facts(of: modelBytes(target))
        let estimate = TokenEstimate(tenthsPerToken: provider.kind.tenthsPerToken)
        let shortening = Shortening(plan.context, windowTokens: facts.context, estimate: estimate)
        guard let (changes, report) = shortening.changes(to: body, in: format) else { return nil }
        let isElsewhere = format == .gemini || format == .ollama
        let query = session.query.isEmpty ? "" : "?" + session.query
        let path = Array(provider.targetPrefix.path(for: session.path + query).utf8)
        var restated =
            isElsewhere
            ? passed(target, provider, format)
            : Restated(
                head: UpstreamHead.Restatement(path: path, format: format, isTranslated: false),
                body: nil,
                dropped: [],
                answer: nil
            )
        restated.changes = changes.map { BodyEdit(place: $0.place, bytes: $0.bytes) }
        restated.context = Array(report.field.utf8)
        return restated
    }
}
