import Interpreter
import RouteModel
import Routing

/// Whether any request can come to a route (`routes.md` 2.7, shadowing).
package enum Reach: Sendable {
    /// Some request does: one of them, replayed through the interpreter.
    ///
    /// Nil where only a regular expression stands between the proof and an example.
    case alive(witness: Request?)
    /// No request does, proved for all of them: earlier routes, in file order, take every one, for example this.
    case dead(by: [Int], example: Request?)
    /// Its match can never be true.
    case empty
    case disabled
    /// Too much work to tell.
    case unknown

    /// The request that comes to it, where one is known.
    package var witness: Request? {
        if case .alive(let witness) = self { witness } else { nil }
    }
}

/// One value of a list in a `match` that no request needs.
package struct DeadValue: Sendable {
    package enum Cause: Equatable, Sendable {
        /// Another value of the same list takes all that it takes.
        case sibling(Int)
        /// Earlier routes take all that it takes.
        case routes([Int])
        /// No request that the route's other conditions let through has it: endpoint, path and method go together.
        case nobody
    }
    package var route: Int
    /// `model`, `api`, `path`, `method`, `tenant`, `key` or `headers.<name>`.
    package var key: String
    /// Position in the list.
    package var index: Int
    package var cause: Cause
    /// A request that the value takes and that goes elsewhere, or would without the value.
    package var example: Request?
    package init(route: Int, key: String, index: Int, cause: Cause, example: Request?) {
        self.route = route
        self.key = key
        self.index = index
        self.cause = cause
        self.example = example
    }
}

/// A class of requests that can reach a target of a route.
package struct Flow: Sendable {
    package var route: Int
    package var tier: Int
    /// Position in the tier.
    package var target: Int
    /// Position in the document.
    package var provider: Int
    package var level: Level
    /// Takes the route, has the class, and may be sent there: replayed through the interpreter.
    package var witness: Request
    package init(route: Int, tier: Int, target: Int, provider: Int, level: Level, witness: Request) {
        self.route = route
        self.tier = tier
        self.target = target
        self.provider = provider
        self.level = level
        self.witness = witness
    }
}

/// Requests of a route that `deny_tags` alone leaves without any target.
package struct Starvation: Sendable {
    package var route: Int
    /// The tags that do it.
    package var tags: [String]
    package var witness: Request
    package init(route: Int, tags: [String], witness: Request) {
        self.route = route
        self.tags = tags
        self.witness = witness
    }
}

/// `prove:` of a test file (`routes.md` 5.1): a statement about all requests.
package struct Claim: Sendable {
    /// What is said of a request's way; the conditions given are all meant.
    package struct Condition: Sendable {
        /// Names of providers, or `local`, `remote`, `any`.
        ///
        /// Under `never` no target may be among them; under `always` there is a target and all are among them.
        package var providers: [String]?
        /// Names of routes.
        package var routes: [String]?
        /// Targets left by privacy, endpoint and model.
        package var targets: ClosedRange<Int>?
        /// Status of the proxy's own refusal; 200 stands for a request that is sent on.
        package var statuses: ClosedRange<Int>?
        /// Upstream tries at most.
        package var tries: ClosedRange<Int>?
        package init() {}
    }
    /// Nil is every request.
    package var forAll: Match?
    /// True for `always`, false for `never`.
    package var isAlways: Bool
    package var condition: Condition
    package init(forAll: Match?, isAlways: Bool, condition: Condition) {
        self.forAll = forAll
        self.isAlways = isAlways
        self.condition = condition
    }
}

/// What became of a claim.
package enum Proof: Sendable {
    /// It holds for every request.
    case proved
    /// It does not hold for this one, replayed through the interpreter.
    case refuted(witness: Request)
    /// Too much work to tell, or a regular expression is in the way.
    case unknown
}

/// Requests that two documents treat differently.
package struct Change: Sendable {
    package enum Kind: Equatable, Sendable {
        /// Another way for requests of this shape.
        case way
        /// A provider that requests of a class, or with a tag, can now reach and could not before.
        case opened(provider: String, label: String)
        /// The reverse.
        case closed(provider: String, label: String)
    }
    package var kind: Kind
    /// Which requests, as predicates an author would write: alternatives, one a line.
    package var requests: [String]
    /// Winning routes, by position in each document; nil is a 404.
    package var oldRoute: Int?
    package var newRoute: Int?
    package var before: Verdict
    package var after: Verdict
    package var witness: Request
    package init(
        kind: Kind,
        requests: [String],
        oldRoute: Int?,
        newRoute: Int?,
        before: Verdict,
        after: Verdict,
        witness: Request
    ) {
        self.kind = kind
        self.requests = requests
        self.oldRoute = oldRoute
        self.newRoute = newRoute
        self.before = before
        self.after = after
        self.witness = witness
    }
}
