import Report
import RouteModel
import Routing

/// A `*.test.yaml`: cases and proofs about a route file (`routes.md` 5.1).
package struct CaseFile: Sendable {
    /// One of `tests`.
    package enum Entry: Sendable {
        case example(CaseExample)
        case proof(CaseProof)
    }
    package var path: String
    /// The route file, relative to this one; nil when the file's own name says it.
    package var config: Located<String>?
    /// Unix seconds; nil when no test asks for the time.
    package var now: Located<Int>?
    package var entries: [Entry] = []
    /// Bytes of the whole list of tests.
    package var extent: Range<Int>?
    /// Column in which the tests' dashes stand, from 1; nil for a list in brackets.
    package var dashColumn: Int?
}

/// A request, how things stand, and what is to come of it.
package struct CaseExample: Sendable {
    package var name: Located<String>
    package var request = RequestDraft()
    package var given = CaseGiven()
    package var expect = CaseExpectation()
    /// Where the request names a tenant, a key …: for findings about them.
    package var places: [String: Spot] = [:]
}

/// How things stand when a request comes.
package struct CaseGiven: Sendable {
    /// What is used of a pool, in its first unit or in named ones.
    package struct Usage: Sendable {
        package var used: Located<String>?
        package var tokens: Located<Int>?
        package var nanoDollars: Located<Int>?
        package var requests: Located<Int>?
    }
    /// Providers with true for `up`.
    package var health: [(name: Located<String>, isUp: Bool)] = []
    /// Providers, or `provider/model`, with microseconds.
    package var latency: [(name: Located<String>, microseconds: Int)] = []
    package var inFlight: [(name: Located<String>, count: Int)] = []
    package var pools: [(name: Located<String>, usage: Usage)] = []
    /// Rate limits with true for `spent`.
    package var limits: [(name: Located<String>, isSpent: Bool)] = []
}

/// What is to come of a request; nil is not looked at.
package struct CaseExpectation: Sendable {
    package var spot: Spot?
    package var route: Located<String>?
    package var level: Located<Level>?
    package var tags: Located<[String]>?
    package var tiers: Located<[[String]]>?
    package var first: Located<String>?
    package var targets: Located<ClosedRange<Int>>?
    package var status: Located<Int>?
    package var error: Located<String>?
    package var model: Located<String>?
    package var pool: Located<String>?
    /// Providers or groups of which no target that is left may be.
    package var notTo: Located<[String]>?
    /// Providers or groups of which every target that is left must be, and there must be one.
    package var onlyTo: Located<[String]>?
}

/// A statement about all requests.
package struct CaseProof: Sendable {
    package var name: Located<String>
    package var forAll: Match?
    /// True for `always`, false for `never`.
    package var isAlways: Bool
    package var to: [Located<String>]?
    package var routes: [Located<String>]?
    package var targets: ClosedRange<Int>?
    package var statuses: ClosedRange<Int>?
    package var tries: ClosedRange<Int>?
}
