import Arrival
import Bytes
import Compiler
import Content
import Decision
import Dialect
import HTTP
import Identity
import Routing

/// Finds out what the routes ask about a request, no more than they ask, and lets the program decide.
///
/// Stages (`routes.md` 3.5): the head and the class it gives, joined by what the text holds when some rule looks at text
/// at all; then, only when a route that is still in question asks for it, one pass over the body for its size. The label
/// is whole before a route is chosen, since plans, caches and logs go by it, not the routes alone. Kept by a loop and used
/// for one request after the other, so that without content rules it allocates nothing. Loop only.
struct RequestJudge {
    /// What was decided, and under which label.
    struct Verdict {
        /// Position of the route; nil when none takes the request.
        var route: Int?
        var level: Level
        /// By bit of `Program.tagNames`.
        var tags: UInt64
        /// A field that the routes ask about and that stands there more than once: nothing was decided then.
        ///
        /// A rule would see one value and an upstream another, and what is proved about routes knows one value for a field.
        var repeatedField: String?
        /// What its text came to; nil when no rule looks at text.
        var reading: ContentReading?
    }

    /// The request as it was read.
    struct Subject {
        var api: API
        /// The path routes know the request by, when it is not in the client's.
        var routedPath: StaticString?
        /// Bytes in front of the path that routes know.
        var dropped = 0
        var model: [UInt8]
        var streams: Bool
        var requestID: [UInt8]
        var caller: Caller
        /// Of a request that is only asked about.
        var foretold: Foretold?
    }

    /// What one pass over the body would find, said in advance.
    struct Foretold {
        var tokens: Int
        var features: FeatureSet
    }

    private let program: Program
    private let labels: PrivacyLabels
    private let content: ContentPolicy
    /// Fields that limits and pools go by: who sends two would be counted as one, and taken for another elsewhere.
    private let countedFields: [String]
    private var windows: OpenWindows
    private var facts = Facts()
    /// The names of the caller.
    private var identity: [UInt8] = []

    init(_ snapshot: Snapshot) {
        program = snapshot.program
        labels = snapshot.labels
        content = snapshot.content
        countedFields = snapshot.governance.countedFields
        windows = OpenWindows(snapshot.windows)
        facts.headers = program.headerNames.map { _ in .absent }
        facts.buckets = program.sampleSubjects.map { _ in -1 }
    }

    /// Decides about the request that stands in `bytes`.
    ///
    /// For routes, its path is the one that OpenAI's libraries ask: another stands behind a copy of the head then.
    mutating func judge(_ subject: Subject, _ reader: RequestReader, _ bytes: Span<UInt8>) -> Verdict {
        let path = reader.head.path
        guard let routed = subject.routedPath else {
            let dropped = Int32(subject.dropped)
            facts.path = TextRange(start: path.start + dropped, count: path.count - dropped)
            return decide(subject, reader, bytes, bytes)
        }
        var head = (0..<reader.headBytes).map { bytes[$0] }
        facts.path = TextRange(start: Int32(head.count), count: Int32(routed.utf8CodeUnitCount))
        for index in 0..<routed.utf8CodeUnitCount { head.append(ASCII.byte(routed, at: index)) }
        return decide(subject, reader, bytes, head.span)
    }

    private mutating func decide(
        _ subject: Subject,
        _ reader: RequestReader,
        _ all: Span<UInt8>,
        _ bytes: Span<UInt8>
    ) -> Verdict {
        if let field = readHead(subject, reader.head, bytes) {
            return Verdict(route: nil, level: .restricted, tags: 0, repeatedField: field)
        }
        var label = self.label(facts, bytes)
        var reading: ContentReading?
        if content.hasRules {
            let found = RequestContent(reader, all).read(content, all)
            for (rule, fires) in zip(labels.ruleLabels, found.fired) where fires { label.join(rule) }
            label.level = max(label.level, content.level(of: found))
            reading = found
        }
        facts.level = label.level
        facts.tags = label.tags
        facts.stage = .head
        var verdict = Verdict(route: nil, level: label.level, tags: label.tags, reading: reading)
        let identity = self.identity
        while true {
            switch program.decide(facts, model: subject.model.span, head: bytes, identity: identity.span) {
            case .route(let index):
                verdict.route = index
                return verdict
            case .none: return verdict
            // It asked for what it was given already: no answer is a refusal, never an open door.
            case .needs(let stage) where stage <= facts.stage: return verdict
            case .needs: measure(reader, all, subject.foretold)
            }
        }
    }

    private func label(_ facts: Facts, _ bytes: Span<UInt8>) -> PrivacyLabels.Label {
        let identity = self.identity
        return labels.label(facts, head: bytes, identity: identity.span)
    }

    /// Fills in what the head tells; answers a field that counts and stands there more than once.
    private mutating func readHead(_ subject: Subject, _ head: RequestHead, _ bytes: Span<UInt8>) -> String? {
        facts.api = subject.api
        facts.method = head.methodText
        facts.stream = subject.streams
        identity = subject.caller.identity
        facts.key = subject.caller.keyName
        facts.tenant = subject.caller.tenantName
        facts.openWindows = windows.now()
        var repeated = RequestJudge.repeated(countedFields, head, bytes)
        for (index, name) in program.headerNames.enumerated() {
            var found = TextRange.absent
            for field in head.fields where ASCII.equalsIgnoringCase(bytes.extracting(field.name.range), name) {
                if found.isAbsent { found = field.value } else { repeated = name }
            }
            facts.headers[index] = found
        }
        for (index, who) in program.sampleSubjects.enumerated() {
            if case .header(let name) = who, RequestJudge.isRepeated(name, head, bytes) { repeated = name }
            facts.buckets[index] = Int16(truncatingIfNeeded: bucket(who, subject, head, bytes))
        }
        return repeated
    }

    private func bucket(_ who: Routing.Subject, _ subject: Subject, _ head: RequestHead, _ bytes: Span<UInt8>) -> Int {
        switch who {
        case .request: return SampleBucket.of(subject.requestID.span)
        case .key: return subject.caller.keyBucket
        case .tenant: return subject.caller.tenantBucket
        case .header(let name):
            let value = head.firstValue(of: name, in: bytes)
            return value.isAbsent ? -1 : SampleBucket.of(bytes.extracting(value.range))
        }
    }

    /// The first of these fields (in lower case) that stands there more than once.
    static func repeated(_ names: [String], _ head: RequestHead, _ bytes: Span<UInt8>) -> String? {
        for name in names where isRepeated(name, head, bytes) { return name }
        return nil
    }

    private static func isRepeated(_ name: String, _ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        var count = 0
        for field in head.fields where ASCII.equalsIgnoringCase(bytes.extracting(field.name.range), name) { count += 1 }
        return count > 1
    }

    /// The one pass over the body; what is no JSON has neither text nor features.
    private mutating func measure(_ reader: RequestReader, _ bytes: Span<UInt8>, _ foretold: Foretold?) {
        facts.stage = .content
        if let foretold {
            facts.tokens = foretold.tokens
            facts.features = foretold.features
            return
        }
        guard reader.isJSON, reader.bodyBytes > 0 else {
            facts.tokens = 0
            facts.features = []
            return
        }
        let measure = RequestMeasure.of(bytes.extracting(reader.headBytes..<reader.consumedBytes))
        facts.tokens = measure.tokens
        facts.features = FeatureSet(rawValue: measure.features.rawValue)
    }
}
