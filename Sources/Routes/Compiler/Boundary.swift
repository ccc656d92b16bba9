import Interpreter
import RouteModel
import Routing

/// Requests at the edges of a match: one that should fit, and others that differ from it in one step (`routes.md` 3.6.3).
struct Boundary {
    let document: RouteDocument

    /// How many kinds of steps there are.
    static let steps = 12

    /// A request that should fit a match.
    func fitting(_ match: Match?) -> Request {
        var request = Request()
        if let match { fit(&request, match) }
        return request
    }

    /// A fitting request, the given step away from it; 0 is none.
    func request(_ fitting: Request, _ match: Match?, step: Int) -> Request {
        var request = fitting
        switch step {
        case 0: break
        case 1: request.model = (request.model ?? "") + "x"
        case 2: request.model = request.model.map { String($0.dropLast()) }
        case 3: request.tokens = max(0, (match?.tokens?.value.lower ?? 1) - 1)
        case 4: request.tokens = match?.tokens?.value.upper ?? request.tokens + 1
        case 5: request.stream.toggle()
        case 6: request.api = request.api == .chat ? .other : .chat
        case 7: request.headers = []
        case 8:
            request.key = nil
            request.tenant = nil
        case 9:
            request.contentLevel = Level.allCases.first { $0 > request.contentLevel } ?? .public
        case 10: request.contentTags = request.contentTags.isEmpty ? Set(document.privacy.rules.map(\.tag.value)) : []
        default:
            request.openWindows = []
            request.buckets = request.buckets.mapValues { $0 == 0 ? 9_999 : $0 }
            request.features = []
            request.method = "PATCH"
        }
        return request
    }

    private func fit(_ request: inout Request, _ match: Match) {
        if let model = match.models?.last { request.model = Self.sample(model.value) }
        if let api = match.apis?.last { request.api = api.value }
        if let path = match.paths?.first { request.path = Self.sample(path.value) }
        if let method = match.methods?.first { request.method = method.value }
        for header in match.headers where request.header(header.name.value) == nil {
            let value = header.matchers.first { !$0.value.hasPrefix("re:") }.map { Self.sample($0.value) } ?? "x"
            request.headers.append((header.name.value, value))
        }
        if let tenant = match.tenants?.first { request.tenant = Self.sample(tenant.value) }
        if let key = match.keys?.first { request.key = Self.sample(key.value) }
        if let tags = match.tags { request.contentTags = Set((tags.all + tags.any.prefix(1)).map(\.value)) }
        if let levels = match.levels?.value { request.contentLevel = levels.lowerBound }
        if let stream = match.stream { request.stream = stream.value }
        if let tokens = match.tokens?.value { request.tokens = tokens.lower }
        if let features = match.features { request.features = FeatureSet(features.map { FeatureSet($0.value) }) }
        for time in match.times ?? [] { request.openWindows.insert(time.value) }
        if let sample = match.sample { request.buckets[match.sampleBy?.value ?? .request] = max(0, sample.value - 1) }
        if let any = match.any?.first { fit(&request, any) }
    }

    /// A text that fits a glob.
    private static func sample(_ glob: String) -> String {
        let pieces = GlobPattern(glob).alternatives.first ?? []
        var text = ""
        for piece in pieces {
            switch piece {
            case .run: break
            case .one: text.unicodeScalars.append("x")
            case .exactly(let scalar): text.unicodeScalars.append(scalar)
            case .within(let ranges, let isNegated):
                let inside = ranges.first.flatMap { Unicode.Scalar($0.lowerBound) } ?? "x"
                let outside = "xyz0".unicodeScalars.first { scalar in !ranges.contains { $0.contains(scalar.value) } }
                text.unicodeScalars.append(isNegated ? outside ?? "-" : inside)
            }
        }
        return text
    }
}
