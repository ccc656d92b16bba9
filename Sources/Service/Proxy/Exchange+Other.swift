import Bytes
import Conversation
import Decision
import Dialect
import Forwarding
import JSON
import Providers
import Routing
import Shortening
import Translation

// Requests that are no chats: embeddings, token counts, and commands to providers that keep models.
extension Exchange {
    private var bodyBytes: [UInt8] {
        let reader = session.reader
        return Array(UnsafeRawBufferPointer(rebasing: bytes[reader.headBytes..<reader.consumedBytes]))
    }

    /// The client's body goes out as it is, to the path that the provider has for it.
    private func passed(_ path: String, _ format: ChatFormat) -> Restated {
        let query = format == .gemini ? geminiQuery : ""
        return Restated(
            head: UpstreamHead.Restatement(path: Array((path + query).utf8), format: format, isTranslated: false),
            body: nil,
            dropped: [],
            answer: nil
        )
    }

    // MARK: Embeddings

    /// Says what is to be embedded as the provider wants it; false when it cannot be asked.
    func restateEmbeddings(_ target: Target, _ provider: Provider, _ client: EmbeddingFormat) -> Bool {
        guard let format = provider.format(for: client) else { return true }
        let model = modelBytes(target)
        let path = provider.path(of: format, model: String(decoding: model, as: UTF8.self))
        // Gemini's bodies name the model too, and where it is another than the path's they are refused.
        let isRenamed = format.errors == .gemini && (request.isAliased || target.modelBytes != nil)
        if format == client, !isRenamed {
            // OpenAI's path is the client's own.
            if format != .openAI { restated = passed(path, format.errors) }
            return true
        }
        do throws(ConversationFault) {
            let wanted: EmbeddingRequest
            if let known = embedding {
                wanted = known
            } else {
                wanted = try EmbeddingTranslation.read(bodyBytes, as: client)
            }
            embedding = wanted
            // However many there are, a batch holds them.
            let asked = format == .gemini ? .geminiBatch : format
            let written: WrittenRequest
            do {
                written = try EmbeddingTranslation.write(
                    wanted,
                    as: asked,
                    model: JSONString(plain: model),
                    provider.kind.words
                )
            } catch {
                unsayable[target.provider] = error
                nextTry()
                return false
            }
            let place = provider.path(of: asked, model: String(decoding: model, as: UTF8.self))
            var restated = Restated(
                head: UpstreamHead.Restatement(path: Array(place.utf8), format: asked.errors, isTranslated: true),
                body: written.body,
                dropped: Array(written.dropped.joined(separator: ", ").utf8),
                answer: AnswerTranslation(from: asked.errors, to: client.errors, answerTerms)
            )
            restated.embeddings = EmbeddingTranslation(
                from: asked,
                to: client,
                wanted,
                model: JSONString(plain: request.model)
            )
            self.restated = restated
            return true
        } catch {
            refuseUnreadable(error)
            return false
        }
    }

    // MARK: Counts

    /// A provider that counts in the client's format is asked; for all others the size is estimated here.
    func restateCount(_ target: Target, _ provider: Provider) -> Bool {
        let model = String(decoding: modelBytes(target), as: UTF8.self)
        guard let path = provider.countPath(of: request.dialect, model: model) else {
            estimate(for: provider)
            return false
        }
        if request.dialect == .gemini { restated = passed(path, .gemini) }
        return true
    }

    /// Statuses of a provider that does not count after all.
    var lacksCount: Bool { request.action == .countTokens && [404, 405, 501].contains(answer.status) }

    /// Answers with an estimate of all that a provider would read, tools included, and says that it is one; or with what
    /// is wrong with the chat, as a provider that counts would.
    func estimate(for provider: Provider) {
        let chat: ChatRequest
        do throws(ConversationFault) { chat = try TokenCountTranslation.read(bodyBytes, as: request.dialect) } catch {
            return refuseUnreadable(error)
        }
        let tokens = TokenEstimate(tenthsPerToken: provider.kind.tenthsPerToken).tokens(chat)
        endTry(failed: nil)
        ledger.status = 200
        settle()
        let answer = TokenCountTranslation.write(tokens, as: request.dialect)
        session.answer(
            200,
            "application/json",
            answer,
            fields: "x-hoosh-estimate: true\r\n",
            requestID: requestID
        )
    }

    // MARK: Commands

    /// A command goes out as the provider takes it, without the member that is the proxy's own.
    func restateCommand(_ provider: Provider, _ command: ModelCommand) -> Bool {
        guard let (method, path) = provider.request(of: command, job: request.job) else { return true }
        restated = Restated(
            head: UpstreamHead.Restatement(path: Array(path.utf8), format: .chat, isTranslated: true, method: method),
            body: command == .training ? [] : ManagementBody.withoutProvider(bodyBytes, model: request.model),
            dropped: [],
            answer: nil
        )
        return true
    }

    /// No provider of the route knows the command, or none by the name that the client wants.
    func unknownCommand(_ command: ModelCommand, _ route: String) -> Refusal {
        let kinds = ProviderKind.all.filter { $0.commands.contains(command) }.map { "`\($0.name)`" }
        let who = request.onlyProvider.map { "named `\($0)` " } ?? ""
        let isDown = plan.tiers.contains { $0.targets.contains { isServing($0) } }
        if isDown {
            return Refusal(503, "no_healthy_upstream", "every provider of route `\(route)` that could is down")
        }
        return Refusal(
            404,
            "no_provider",
            "route `\(route)` leads to no provider \(who)of kind \(kinds.joined(separator: " or ")), which this needs",
            param: request.onlyProvider == nil ? nil : "provider"
        )
    }
}
