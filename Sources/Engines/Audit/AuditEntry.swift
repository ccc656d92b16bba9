/// What one request was, who asked, and what became of it: a line of the log.
///
/// Every member is always written, `null` where it is not known, in the order in which they stand here.
package struct AuditEntry: Sendable {
    /// Which listener it came by.
    package enum Kind: String, Sendable {
        case request, admin
    }

    /// What became of it.
    package enum Decision: String, Sendable {
        /// A provider was asked.
        case forwarded
        /// It got an answer of the proxy's own.
        case answered
        /// It got an error of the proxy's own.
        case refused
    }

    /// One provider that was asked, with what came of it.
    package struct Try: Sendable {
        package var provider: String
        package var outcome: String
        package init(provider: String, outcome: String) {
            self.provider = provider
            self.outcome = outcome
        }
    }

    /// How many tokens it took.
    package struct Tokens: Sendable {
        package var input: Int
        package var output: Int
        package var cached: Int
        package var reasoning: Int
        /// Some of them were not counted by the provider.
        package var isEstimate: Bool
        package init(input: Int, output: Int, cached: Int, reasoning: Int, isEstimate: Bool) {
            self.input = input
            self.output = output
            self.cached = cached
            self.reasoning = reasoning
            self.isEstimate = isEstimate
        }
    }

    /// What of the request's body is kept.
    package struct Body: Sendable {
        package var count: Int
        package var digest: [UInt8]
        /// All of it, where settings and class allow that.
        package var text: String?
        package init(count: Int, digest: [UInt8], text: String? = nil) {
            self.count = count
            self.digest = digest
            self.text = text
        }
    }

    package var kind = Kind.request
    package var requestID: String?
    package var key: String?
    package var tenant: String?
    package var peer: String?
    package var method: String?
    package var path: String?
    package var model: String?
    package var usedModel: String?
    package var streams = false
    package var route: String?
    /// The providers that the plan for the request's class has, in the order in which they would be asked.
    package var plan: [String] = []
    package var level: String?
    package var tags: [String] = []
    package var decision = Decision.answered
    /// The error's code, of a refusal, or of what ended an answer early.
    package var code: String?
    package var provider: String?
    /// Why the provider may see what its kind may not (`attest`).
    package var attest: String?
    package var tries: [Try] = []
    package var status = 0
    package var tokens: Tokens?
    package var costNanoDollars: Int?
    /// The pool that pays.
    package var pool: String?
    package var durationMicroseconds: Int?
    package var clientLeft = false
    package var configuration = ""
    package var body: Body?

    package init() {}

    /// The line's inner part.
    package var record: AuditRecord {
        AuditRecord(room: 1_024 + 2 * (body?.text?.utf8.count ?? 0)) { write(to: &$0) }
    }

    private func write(to text: inout CanonicalText) {
        text.member("type", kind.rawValue)
        text.member("request_id", requestID)
        text.member("key", key)
        text.member("tenant", tenant)
        text.member("peer", peer)
        text.member("method", method)
        text.member("path", path)
        text.member("model", model)
        text.member("model_used", usedModel)
        text.member("stream", streams)
        text.member("route", route)
        text.list("plan", plan) { $0.value($1) }
        text.member("class", level)
        text.list("tags", tags) { $0.value($1) }
        text.member("decision", decision.rawValue)
        text.member("code", code)
        text.member("provider", provider)
        text.member("attest", attest)
        text.list("tries", tries) { text, item in
            text.object {
                $0.member("provider", item.provider)
                $0.member("outcome", item.outcome)
            }
        }
        text.member("status", status)
        write(tokens, to: &text)
        text.member("cost_nano_usd", costNanoDollars)
        text.member("pool", pool)
        text.member("duration_us", durationMicroseconds)
        text.member("client_left", clientLeft)
        text.member("config", configuration)
        write(body, to: &text)
    }

    private func write(_ tokens: Tokens?, to text: inout CanonicalText) {
        text.name("tokens")
        guard let tokens else { return text.raw("null") }
        text.object {
            $0.member("input", tokens.input)
            $0.member("output", tokens.output)
            $0.member("cached", tokens.cached)
            $0.member("reasoning", tokens.reasoning)
            $0.member("estimated", tokens.isEstimate)
        }
    }

    private func write(_ body: Body?, to text: inout CanonicalText) {
        text.name("body")
        guard let body else { return text.raw("null") }
        text.object {
            $0.member("bytes", body.count)
            $0.member("sha256", hex: body.digest)
            $0.member("text", body.text)
        }
    }
}

/// The inner part of a line, in its canonical spelling: what stands between its time and its place in the chain.
package struct AuditRecord: Sendable {
    /// The members, `"type"` first, without braces.
    let bytes: [UInt8]

    /// * `room`: how many bytes it is likely to need.
    init(room: Int = 1_024, _ write: (inout CanonicalText) -> Void) {
        bytes = CanonicalText.bytes(room: room, write)
    }

    /// The file was read again.
    package static func reload(
        cause: String,
        result: String,
        configuration: String,
        message: String
    ) -> AuditRecord {
        AuditRecord {
            $0.member("type", "reload")
            $0.member("cause", cause)
            $0.member("result", result)
            $0.member("config", configuration)
            $0.member("message", message)
        }
    }

    /// The store that several proxies share was lost, or is there again.
    ///
    /// * `policy`: what became of requests meanwhile.
    package static func store(isUp: Bool, policy: String, reason: String?) -> AuditRecord {
        AuditRecord {
            $0.member("type", "store")
            $0.member("up", isUp)
            $0.member("on_store_error", policy)
            $0.member("reason", reason)
        }
    }

    /// The process ends in order.
    static let stop = AuditRecord { $0.member("type", "stop") }

    /// The first line of a chain (`genesis`), or of a process that goes on with one (`start`).
    ///
    /// * `after`: why an earlier log was not gone on with.
    static func begin(_ type: String, _ origin: AuditOrigin, key: AuditKey, after: String? = nil) -> AuditRecord {
        AuditRecord {
            $0.member("type", type)
            $0.member("format", AuditChain.format)
            $0.member("version", origin.version)
            $0.member("config", origin.configuration)
            $0.member("key_id", key.name)
            $0.member("after", after)
        }
    }

    /// The first line of a file that goes on with the chain of another.
    static func file(_ origin: AuditOrigin, key: AuditKey, follows: String?, reason: String) -> AuditRecord {
        AuditRecord {
            $0.member("type", "file")
            $0.member("format", AuditChain.format)
            $0.member("version", origin.version)
            $0.member("config", origin.configuration)
            $0.member("key_id", key.name)
            $0.member("follows", follows)
            $0.member("reason", reason)
        }
    }

    /// What stands right before this line was cut off by a crash; its bytes stay and are known.
    static func sealed(_ torn: [UInt8]) -> AuditRecord {
        AuditRecord {
            $0.member("type", "sealed")
            $0.member("torn_bytes", torn.count)
            $0.member("torn_sha256", hex: AuditKey.digest(torn))
        }
    }

    /// The log could not be written for a while.
    static func resumed(since: Int, reason: String, denied: Int, lost: Int) -> AuditRecord {
        AuditRecord {
            $0.member("type", "resumed")
            $0.member("since", CanonicalText.time(since))
            $0.member("reason", reason)
            $0.member("denied", denied)
            $0.member("lost", lost)
        }
    }
}

/// What writes a log.
package struct AuditOrigin: Sendable {
    package var version: String
    /// Hash of the configuration it started with.
    package var configuration: String
    package init(version: String, configuration: String) {
        self.version = version
        self.configuration = configuration
    }
}
