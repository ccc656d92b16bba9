/// One conjunction of predicates that leads to a route: what a `match` comes down to.
///
/// Lists inside one dimension are alternatives; the dimensions are all required. A dimension that is nil or full tests
/// nothing. Boxes are in file order, and a route may have several.
package struct Box: Sendable {
    /// Position of the route that a request in this box takes.
    package var route: Int
    /// Endpoints, as a set.
    package var apis: APISet = .all
    /// Whether the request may stream, and whether it may not.
    package var stream: StreamSet = .all
    /// Patterns of which the model must fit one.
    package var models: [Glob]?
    /// Patterns of which the path must fit one.
    package var paths: [Glob]?
    /// Methods of which the request must have one, as written.
    package var methods: [String]?
    /// Header fields that must be there, each fitting one of its matchers.
    package var headers: [HeaderTest] = []

    /// A box that takes every request, to be narrowed.
    package init(route: Int) { self.route = route }
}

/// A header field that must be present and fit one of the matchers.
package struct HeaderTest: Sendable {
    /// In lower case.
    package let name: String
    package let matchers: [HeaderMatcher]
    package init(name: String, matchers: [HeaderMatcher]) {
        self.name = name
        self.matchers = matchers
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
        case forward(Plan)
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
