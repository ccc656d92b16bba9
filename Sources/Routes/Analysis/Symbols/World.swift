import Interpreter
import RouteModel
import Routing

/// One or more documents in the form that searches need.
struct World {
    var universe: Universe
    var labels: Labels
    let patterns: PatternMatcher
    /// Names that no request has once aliases are resolved.
    var hiddenModels: Set<[UInt8]> = []
    /// What to ask for so that aliases resolve to the name.
    var reverseAliases: [[UInt8]: String] = [:]
    /// Atoms of all alias names: they must not be mistaken for a fresh text.
    var aliasAtoms: [Int] = []
    /// Models that people know, to show rather than invented ones.
    var knownModels: [[UInt8]]

    /// Numbers all that the documents, and these other matches, test; labels are those of the last document.
    init(_ documents: [RouteDocument], _ matches: [Match] = [], _ effort: Effort, patterns: @escaping PatternMatcher) {
        var universe = Universe(effort)
        for document in documents {
            for route in document.routes { if let match = route.match { universe.absorb(match) } }
            for provider in document.providers { for tag in provider.denyTags { _ = universe.tag(tag.value) } }
        }
        for match in matches { universe.absorb(match) }
        universe.cutTime()
        var names: [String] = []
        for document in documents {
            names += document.aliases.map(\.model.value)
            names += (document.known ?? []).map(\.value)
        }
        var names0 = names.filter { name in !name.utf8.contains { "*?[{\\".utf8.contains($0) } && name != "builtin" }
        names0 += Self.wellKnown
        knownModels = names0.map { Array($0.utf8) }
        if let document = documents.last {
            for alias in document.aliases where reverseAliases[Array(alias.model.value.utf8)] == nil {
                reverseAliases[Array(alias.model.value.utf8)] = alias.name.value
            }
            for alias in document.aliases {
                aliasAtoms.append(universe.atom(GlobAtom(exactly: alias.name.value)))
                let name = Array(alias.name.value.utf8)
                if reverseAliases[name] == nil { hiddenModels.insert(name) }
            }
            let named = Set(document.aliases.map { Array($0.name.value.utf8) })
            reverseAliases = reverseAliases.filter { named.contains($0.key) }
        }
        labels = Labels((documents.last ?? RouteDocument(path: "")).privacy, &universe)
        self.universe = universe
        self.patterns = patterns
    }

    private static let wellKnown = [
        "gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "llama3.1", "gemini-2.5-pro", "qwen3", "mistral-small", "o3",
        "deepseek-chat", "phi4", "gemma3", "text-embedding-3-small", "whisper-1", "grok-4", "some-model",
    ]

    // MARK: From points to requests

    /// A point as a request.
    func request(_ point: Point) -> Request {
        var request = Request()
        request.api = point.api
        request.stream = point.stream
        request.tokens = point.tokens
        request.features = FeatureSet(rawValue: UInt8(truncatingIfNeeded: point.features))
        request.contentLevel = point.contentLevel
        request.contentTags = Set(bits(point.contentTags).map { universe.tagNames[$0] })
        for (zone, cell) in point.cells.enumerated() { request.openWindows.formUnion(universe.zones[zone].cells[cell]) }
        for (subject, bucket) in point.buckets.enumerated() where bucket >= 0 {
            request.buckets[universe.subjectNames[subject]] = bucket
        }
        for (name, value) in zip(universe.textNames, point.texts) {
            guard let value else { continue }
            let text = String(decoding: value, as: UTF8.self)
            switch name {
            case .model: request.model = reverseAliases[value] ?? text
            case .path: request.path = text
            case .method: request.method = text
            case .key: request.key = text
            case .tenant: request.tenant = text
            case .header(let name): request.headers.append((name, text))
            }
        }
        return request
    }

    /// Truth of all regular expressions for these texts.
    func expressions(_ texts: [[UInt8]?]) -> UInt64 {
        var set: UInt64 = 0
        for (number, expression) in universe.expressions.enumerated() {
            if let value = texts[expression.text],
                patterns(expression.pattern, String(decoding: value, as: UTF8.self))
            {
                set |= 1 << UInt64(number)
            }
        }
        return set
    }
}
