import Routing

import Bytes

/// What routes may test about one request: small values, and ranges into its head.
///
/// Filled by whoever reads the request; kept and reused by a connection, so that filling it allocates nothing.
package struct Facts: Sendable {
    /// The endpoint.
    package var api: API
    /// The method's bytes in the head.
    package var method: TextRange
    /// True when the request asks for an event stream.
    package var stream: Bool
    /// The path's bytes in the head, without the query.
    package var path: TextRange
    /// The first field of each name in `Program.headerNames`, in that order; absent where the request has none.
    package var headers: [TextRange]
    /// The name of the caller's key in the identity bytes.
    package var key: TextRange = .absent
    /// The name of the caller's tenant in the identity bytes.
    package var tenant: TextRange = .absent
    /// The request's class.
    package var level: Level = .public
    /// Its tags, by bit of `Program.tagNames`.
    package var tags: UInt64 = 0
    /// Prompt estimate.
    package var tokens: Int = 0
    package var features: FeatureSet = []
    /// Windows that are open now, by bit of `Program.windows`.
    package var openWindows: UInt64 = 0
    /// The request's bucket for each of `Program.sampleSubjects`, -1 where it has no such subject.
    package var buckets: [Int16] = []
    /// How far the request is known; what lies beyond is asked for only when a route depends on it.
    package var stage: Stage = .content

    /// How much of a request has been looked at (`routes.md` 3.5).
    package enum Stage: Int, Comparable, Sendable {
        /// Head, identity, model and stream.
        case head
        /// The body's size and features.
        case measure
        /// The text itself: class and tags are final.
        case content
        package static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
    }

    /// Gathers the facts of a request.
    package init(
        api: API = .other,
        method: TextRange = .absent,
        stream: Bool = false,
        path: TextRange = .absent,
        headers: [TextRange] = []
    ) {
        self.api = api
        self.method = method
        self.stream = stream
        self.path = path
        self.headers = headers
    }
}
