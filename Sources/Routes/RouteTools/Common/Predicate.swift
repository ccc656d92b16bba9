import Interpreter
import Report
import RouteModel
import Routing
import Zones

/// Why a match does not take a request: its first predicate that is false.
struct FalsePredicate {
    /// `match.model needs …, request has …`.
    let sentence: String
    let spot: Spot
}

/// Takes a match apart into its predicates and asks the definition of the language about each by itself.
struct PredicateReader {
    let interpreter: Interpreter
    let request: Request
    /// Unix seconds; for saying what a window's clock shows.
    let moment: Int?

    /// The first predicate that is false, in the order of `routes.md` 2.6; nil when the match takes the request.
    func firstFalse(in match: Match) -> FalsePredicate? {
        for (part, sentence, spot) in parts(of: match) where !interpreter.matches(part, request) {
            return FalsePredicate(sentence: sentence, spot: spot)
        }
        if let any = match.any, !any.contains(where: { interpreter.matches($0, request) }) {
            let inner = any.first.flatMap { firstFalse(in: $0) }
            let more = inner.map { "; the first fails because \($0.sentence)" } ?? ""
            return FalsePredicate(sentence: "none of match.any holds\(more)", spot: any.first?.spot ?? match.spot)
        }
        if let inner = match.not.first(where: { interpreter.matches($0, request) }) {
            return FalsePredicate(sentence: "match.not holds: \(described(inner))", spot: inner.spot)
        }
        return nil
    }

    private typealias Part = (match: Match, sentence: String, spot: Spot)

    private func part(_ spot: Spot, _ sentence: String, _ fill: (inout Match) -> Void) -> Part {
        var match = Match(spot: spot)
        fill(&match)
        return (match, sentence, spot)
    }

    private func texts(_ values: [Located<String>]) -> String { Words.either(values.map(\.value)) }

    private func has(_ value: String?) -> String { value.map { "request has `\($0)`" } ?? "request has none" }

    private func parts(of match: Match) -> [Part] {
        var parts: [Part] = []
        if let models = match.models, let first = models.first {
            let model = interpreter.resolvedModel(request)
            parts.append(part(first.spot, "match.model needs \(texts(models)), \(has(model))") { $0.models = models })
        }
        if let apis = match.apis, let first = apis.first {
            let words = Words.either(apis.map { $0.value.word ?? "other" })
            let own = request.api.word ?? request.path
            parts.append(part(first.spot, "match.api needs \(words), request is `\(own)`") { $0.apis = apis })
        }
        if let paths = match.paths, let first = paths.first {
            parts.append(
                part(first.spot, "match.path needs \(texts(paths)), \(has(request.path))") { $0.paths = paths }
            )
        }
        if let methods = match.methods, let first = methods.first {
            parts.append(
                part(first.spot, "match.method needs \(texts(methods)), \(has(request.method))") {
                    $0.methods = methods
                }
            )
        }
        for header in match.headers {
            let sentence = "match.headers needs \(header.name.value): \(Words.either(header.shown)), "
            let value = request.header(header.name.value).map { SecretField.shown($0, of: header.name.value) }
            parts.append(part(header.name.spot, sentence + has(value)) { $0.headers = [header] })
        }
        return parts + identityParts(of: match) + contentParts(of: match) + otherParts(of: match)
    }

    private func identityParts(of match: Match) -> [Part] {
        var parts: [Part] = []
        if let tenants = match.tenants, let first = tenants.first {
            parts.append(
                part(first.spot, "match.tenant needs \(texts(tenants)), \(has(request.tenant))") {
                    $0.tenants = tenants
                }
            )
        }
        if let keys = match.keys, let first = keys.first {
            parts.append(part(first.spot, "match.key needs \(texts(keys)), \(has(request.key))") { $0.keys = keys })
        }
        return parts
    }

    private func contentParts(of match: Match) -> [Part] {
        var parts: [Part] = []
        let (level, tags) = interpreter.label(request)
        if let condition = match.tags {
            var needs: [String] = []
            if !condition.all.isEmpty { needs.append(condition.all.map { "`\($0.value)`" }.joined(separator: " and ")) }
            if !condition.any.isEmpty { needs.append("one of \(texts(condition.any))") }
            if !condition.none.isEmpty { needs.append("none of \(texts(condition.none))") }
            let sentence = "match.tags needs \(needs.joined(separator: ", ")), request has \(Words.tags(tags))"
            parts.append(part(condition.spot, sentence) { $0.tags = condition })
        }
        if let levels = match.levels {
            let sentence = "match.class needs \(Words.levels(levels.value)), request is \(level.word)"
            parts.append(part(levels.spot, sentence) { $0.levels = levels })
        }
        if let stream = match.stream {
            let sentence = "match.stream needs \(stream.value), request has \(request.stream)"
            parts.append(part(stream.spot, sentence) { $0.stream = stream })
        }
        if let tokens = match.tokens {
            let sentence = "match.tokens needs \(Words.tokens(tokens.value)), request has ~\(request.tokens)"
            parts.append(part(tokens.spot, sentence) { $0.tokens = tokens })
        }
        if let features = match.features, let first = features.first {
            let needs = features.map { "`\($0.value.rawValue)`" }.joined(separator: " and ")
            let own = Words.features(request.features).joined(separator: ", ")
            parts.append(
                part(first.spot, "match.features needs \(needs), request uses {\(own)}") { $0.features = features }
            )
        }
        return parts
    }

    private func otherParts(of match: Match) -> [Part] {
        var parts: [Part] = []
        if let times = match.times, let first = times.first {
            let windows = Words.either(times.map { Words.window($0.value) }, quoted: false)
            parts.append(part(first.spot, "match.time needs \(windows)\(clock(first.value.zone))") { $0.times = times })
        }
        if let sample = match.sample {
            let subject = match.sampleBy?.value ?? .request
            let bucket = request.buckets[subject].map { "bucket \(Words.percent($0))" } ?? "no bucket"
            let sentence =
                "match.sample takes buckets below \(Words.percent(sample.value)), \(subject.word) has \(bucket)"
            parts.append(
                part(sample.spot, sentence) {
                    $0.sample = sample
                    $0.sampleBy = match.sampleBy
                }
            )
        }
        return parts
    }

    private func clock(_ zoneName: String) -> String {
        guard let moment, let zone = try? Zones.load(zoneName) else { return "" }
        let time = zone.time(at: moment)
        return ", it is \(Words.clock(weekday: time.weekday, minute: time.minute)) there"
    }

    /// The predicates of a match that holds, in short.
    private func described(_ match: Match) -> String {
        let words = parts(of: match).map { part in
            part.sentence.split(separator: ",").first.map(String.init) ?? part.sentence
        }
        return words.isEmpty ? "it asks for nothing" : words.joined(separator: "; ")
    }
}
