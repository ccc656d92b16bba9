import Conversation
import Dialect
import Routing

// How long an answer may be asked to be (`max_tokens` of targets, routes and providers): the least of them counts.
extension Exchange {
    /// The changes to the client's body that hold it below the target's limit.
    func limitEdits(_ body: UnsafeMutableRawBufferPointer) -> [BodyEdit] {
        clampedTo = 0
        guard let most = target?.maxTokens, let format = request.format, upload == nil, !body.isEmpty else { return [] }
        let edits = TokenLimit.edits(
            body.bindMemory(to: UInt8.self).span,
            as: format,
            most: most,
            newestWord: pool?.provider.kind.knowsNewestWords == true
        )
        if !edits.isEmpty { clampedTo = most }
        return edits.map { BodyEdit(place: $0.place, bytes: $0.bytes) }
    }

    /// The same for a chat that is said in another format.
    func clamp(_ chat: ChatRequest, for target: Target) -> ChatRequest {
        clampedTo = 0
        guard let most = target.maxTokens else { return chat }
        if let asked = chat.sampling.maxTokens, asked > 0, asked <= most { return chat }
        clampedTo = most
        var chat = chat
        chat.sampling.maxTokens = most
        return chat
    }
}
