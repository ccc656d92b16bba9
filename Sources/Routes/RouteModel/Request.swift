import Routing

/// One request, as far as routes can tell requests apart: what the interpreter, `explain`, `test` and proofs speak of.
package struct Request: Sendable, Equatable {
    package var api = API.chat
    package var method = "POST"
    /// Without the query.
    package var path = "/v1/chat/completions"
    /// Aliases not yet resolved; nil when the request names none.
    package var model: String?
    package var stream = false
    /// Names in lower case; of two fields with one name the first counts.
    package var headers: [(name: String, value: String)] = []
    /// Names of the key and the tenant that authentication yields.
    package var key: String?
    package var tenant: String?
    /// Prompt estimate.
    package var tokens = 0
    package var features: FeatureSet = []
    /// What the content rules and the scan found; joined into the request's label.
    package var contentLevel = Level.public
    package var contentTags: Set<String> = []
    /// Windows that are open now; the caller has the clock.
    package var openWindows: Set<TimeWindow> = []
    /// The bucket of each subject that the request has, 0 to 9,999.
    package var buckets: [Subject: Int] = [:]
    package init() {}

    /// The first field of that name.
    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    package static func == (left: Request, right: Request) -> Bool {
        left.api == right.api && left.method == right.method && left.path == right.path && left.model == right.model
            && left.stream == right.stream && left.key == right.key && left.tenant == right.tenant
            && left.tokens == right.tokens && left.features == right.features
            && left.contentLevel == right.contentLevel && left.contentTags == right.contentTags
            && left.openWindows == right.openWindows && left.buckets == right.buckets
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}
