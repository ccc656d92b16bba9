import Cache
import Compiler
import JSON
import Providers
import RouteModel
import Routing

/// How a route's questions are compared, resolved; immutable.
final class SemanticCache: Sendable {
    /// Position of the provider that says what texts mean.
    let provider: Int
    let model: [UInt8]
    let threshold: Float
    let timeoutNanoseconds: Int64
    let textBytes: Int
    /// Asks that provider once.
    let plan: Plan
    /// What makes vectors comparable: where they come from.
    let identity: [UInt8]

    /// Nil when its provider is none of the file's, which was refused already.
    init?(_ settings: SemanticSettings, _ providers: [Provider], deniedTags: [UInt64]) {
        guard let names = settings.names, let position = providers.firstIndex(where: { $0.name == names.provider })
        else { return nil }
        provider = position
        model = Array(names.model.utf8)
        threshold = Float(settings.threshold)
        let most = Int(Int64.max / 1_000_000)
        timeoutNanoseconds = Int64(min(settings.timeoutMilliseconds, most)) * 1_000_000
        textBytes = settings.textBytes
        let one = providers[position]
        identity = Snapshot.digest(Array("\(one.name) \(one.kind.name) \(one.url) \(names.model)".utf8))
        var timeouts = Timeouts()
        timeouts.totalMilliseconds = min(timeouts.totalMilliseconds, max(settings.timeoutMilliseconds, 1))
        timeouts.connectMilliseconds = min(timeouts.connectMilliseconds, timeouts.totalMilliseconds)
        var retry = RetryPolicy()
        retry.attempts = 0
        var failover = FailoverPolicy()
        failover.maxTries = 1
        failover.panicTries = false
        let target = Target(
            provider: position,
            model: names.model,
            weight: 1,
            headers: [],
            isFromGroup: false,
            deniedTags: deniedTags[position]
        )
        plan = Plan(
            tiers: [Tier(targets: [target], strategy: .priority)],
            timeouts: timeouts,
            retry: retry,
            failover: failover,
            latency: LatencySettings(),
            setHeaders: [],
            removedHeaders: []
        )
    }
}

/// What comparing has come to for one request; made only when it is compared.
///
/// Loop only.
final class Comparison {
    let partition: CacheKey
    let wish: CacheWish
    /// The embedder is being asked.
    var call: ItemCall?
    var vector: AlikeVector?

    init(partition: CacheKey, wish: CacheWish) {
        self.partition = partition
        self.wish = wish
    }

    /// Where the answer to this question is found by those that are alike.
    var mark: AlikeMark? { vector.map { AlikeMark(partition: partition, vector: $0) } }

    /// What an embedder is asked, as OpenAI's clients do; whoever is asked, it is translated on the way.
    static func request(_ text: [UInt8], model: [UInt8], requestID: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("model")
        writer.string(String(decoding: model, as: UTF8.self))
        writer.key("input")
        writer.string(String(decoding: text, as: UTF8.self))
        writer.endObject()
        let body = writer.bytes
        var bytes = Array("POST /v1/embeddings HTTP/1.1\r\nhost: hoosh-proxy\r\nx-request-id: ".utf8) + requestID
        bytes += Array("\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ".utf8)
        bytes += Array("\(body.count)\r\n\r\n".utf8)
        return bytes + body
    }

    /// Four digits behind the point, never rounded up to what it is not.
    static func shown(_ similarity: Float) -> String {
        let digits = Int((min(max(similarity, 0), 1) * 10_000).rounded(.down))
        return "\(digits / 10_000).\(String(10_000 + digits % 10_000).dropFirst())"
    }

    /// The vector of an answer; nil when there is none to be compared.
    static func vector(of answer: ItemAnswer?) -> AlikeVector? {
        guard let answer, answer.status == 200, let node = try? JSONNode.parse(answer.body),
            let list = node["data"]?.elements, list.count == 1, let numbers = list[0]["embedding"]?.elements,
            numbers.count <= AlikeVector.mostNumbers
        else { return nil }
        let values = numbers.compactMap { $0.number.flatMap { Float(String(decoding: $0, as: UTF8.self)) } }
        return values.count == numbers.count ? AlikeVector(values) : nil
    }
}
