import Routing

/// A request as somebody describes it, on a command line or in a test: everything may be left out.
package struct RequestDraft: Sendable {
    /// The text of a request, or what stands for it.
    package enum Content: Equatable, Sendable {
        case none
        /// One user message, or the input of an endpoint without messages.
        case text(String)
        /// The JSON text of a list of messages.
        case messages(String)
        /// A whole body.
        case body([UInt8])
    }

    package var model: String?
    package var api: API?
    package var path: String?
    package var method: String?
    package var key: String?
    package var tenant: String?
    /// Names in lower case.
    package var headers: [(name: String, value: String)] = []
    package var content = Content.none
    package var stream: Bool?
    package var tokens: Int?
    package var maxTokens: Int?
    package var features: FeatureSet?
    /// Unix seconds.
    package var moment: Int?
    /// A class that the content is said to have.
    package var level: Level?
    /// Tags that the content is said to have.
    package var tags: Set<String> = []
    /// The sample bucket of every subject that the request has, instead of its own.
    package var bucket: Int?
    /// The pool that the body names.
    package var pool: String?

    /// Nothing is said yet.
    package init() {}
}
