import Bytes
import Decision
import Dialect
import Routing

/// What routing found out about a request, kept for its tries.
struct RoutedRequest {
    /// Index of the route that takes it.
    let route: Int
    /// Which of the route's plans it goes by; classes that share a plan share its number.
    let planNumber: Int
    let api: API
    /// What is wanted, and in whose words.
    let action: Surface.Action
    let dialect: ChatFormat
    /// The format of a chat; nil for what is no chat.
    var format: ChatFormat? { action == .chat ? dialect : nil }
    /// Only this provider may be asked, by the client's wish; nil leaves the choice to the route.
    var onlyProvider: String?
    /// The training a client asks about.
    var job = ""
    /// Its class, and its tags by bit of `Program.tagNames`: no provider below or beside them may see it.
    let level: Level
    let tags: UInt64
    /// The model asked for, aliases resolved, as the client or the route file spells it; empty when there is none.
    let model: [UInt8]
    /// True when `model` came from an alias, so that the body's model must be replaced.
    let isAliased: Bool
    /// The model's place in the body with its quotes; absent when the body has none.
    let modelPlace: TextRange
    /// The value of `stream_options` in the body; absent when there is none.
    let streamOptions: TextRange
    /// The body may be changed: it is JSON, and says `stream_options` once at most.
    let mayAskUsage: Bool
    /// The request asks for an event stream.
    let streams: Bool
    /// The most tokens of an answer, as far as the body says it.
    var maxTokens: Int?
    /// It asks for vectors of texts.
    var isEmbedding: Bool { if case .embed = action { true } else { false } }
}
