import Routing

/// One conjunction of predicates that leads to a route: what a `match` comes down to once `any` and `not` are pushed down.
///
/// Every dimension is required. A dimension that is full or empty tests nothing. Boxes are in file order, and a route may
/// have several. What a request lacks fits no pattern: a positive test of it is false, a negated one true.
package struct Box: Sendable {
    /// Position of the route that a request in this box takes.
    package var route: Int
    /// Endpoints, as a set.
    package var apis: APISet = .all
    /// Whether the request may stream, and whether it may not.
    package var stream: StreamSet = .all
    /// Patterns the model must fit: one of every group.
    package var models: [[Glob]] = []
    /// Patterns the model must not fit.
    package var notModels: [Glob] = []
    /// Patterns the path must fit: one of every group.
    package var paths: [[Glob]] = []
    package var notPaths: [Glob] = []
    /// Methods of which the request must have one of every group, as written.
    package var methods: [[String]] = []
    package var notMethods: [String] = []
    /// Header fields that must be there, each fitting one of its matchers; or not, when negated.
    package var headers: [HeaderTest] = []
    /// Patterns for the names of the caller's key and tenant: one of every group.
    package var keys: [[Glob]] = []
    package var notKeys: [Glob] = []
    package var tenants: [[Glob]] = []
    package var notTenants: [Glob] = []
    /// Classes the request may have.
    package var levels: LevelSet = .all
    /// Tags, by bit of `Program.tagNames`: all of these, none of those, and at least one of every group.
    package var tagsAll: UInt64 = 0
    package var tagsNone: UInt64 = 0
    package var tagsAny: [UInt64] = []
    /// Prompt estimate, half-open.
    package var tokens: Range<Int> = 0..<Int.max
    package var featuresAll: FeatureSet = []
    package var featuresNone: FeatureSet = []
    /// Windows, by bit of `Program.windows`: at least one of every group open, none of those.
    package var times: [UInt64] = []
    package var timesNone: UInt64 = 0
    /// Buckets of `Program.sampleSubjects`; a subject that the request lacks is in no range.
    package var samples: [SampleTest] = []

    /// A box that takes every request, to be narrowed.
    package init(route: Int) { self.route = route }
}

/// A share of a subject's buckets.
package struct SampleTest: Hashable, Sendable {
    /// Position in `Program.sampleSubjects`.
    package let subject: Int
    /// Buckets below it pass, 0 to 10,000.
    package let share: Int
    /// True when what does not pass is wanted; a missing subject then passes.
    package let isNegated: Bool
    package init(subject: Int, share: Int, isNegated: Bool = false) {
        self.subject = subject
        self.share = share
        self.isNegated = isNegated
    }
}

/// A header field that must be present and fit one of the matchers.
package struct HeaderTest: Sendable {
    /// In lower case.
    package let name: String
    package let matchers: [HeaderMatcher]
    /// True when the test passes where the field is missing or fits none.
    package let isNegated: Bool
    package init(name: String, matchers: [HeaderMatcher], isNegated: Bool = false) {
        self.name = name
        self.matchers = matchers
        self.isNegated = isNegated
    }
}

/// One way a header value may fit.
package enum HeaderMatcher: Sendable {
    case glob(Glob)
    case pattern(HeaderPattern)

    /// The matcher as a route file writes it.
    package var text: String {
        switch self {
        case .glob(let glob): glob.text
        case .pattern(let pattern): "re:\(pattern.text)"
        }
    }
}

/// A set of endpoints.
package struct APISet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    /// The set of one.
    package init(_ api: API) { rawValue = 1 << UInt16(api.rawValue) }
    /// Every endpoint, `other` included.
    package static let all = APISet(API.allCases.map { APISet($0) })
}

/// Which of streaming and not streaming is allowed.
package struct StreamSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let off = StreamSet(rawValue: 1)
    package static let on = StreamSet(rawValue: 2)
    package static let all: StreamSet = [.off, .on]
}

/// What one route does with a request.
package struct Route: Sendable {
    package enum Action: Sendable {
        /// One plan for each class, by its raw value: it holds only targets that are cleared for the class.
        case forward([Plan])
        case deny(status: Int, message: String)
    }
    package let name: String
    /// `file:line:column` of the route, for logs and `explain`.
    package let position: String
    package let action: Action
    package init(name: String, position: String, action: Action) {
        self.name = name
        self.position = position
        self.action = action
    }
}
