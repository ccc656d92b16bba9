import Compiler
import Providers
import Report
import RouteModel
import Routing

/// Model names against what is known: HP411, HP413, HP513.
enum ModelRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        let spelling = Spelling(survey)
        var seen: Set<String> = []
        // Each is compared with every name there is, which a file of ten thousand models need not wait for.
        func look(_ globs: [Located<String>]?) {
            for glob in globs ?? [] where seen.count < mostNames && seen.insert(glob.value).inserted {
                spelling.glob(glob, &findings)
            }
        }
        for provider in survey.document.providers { look(provider.models) }
        for (_, route) in survey.liveRoutes {
            look(route.match?.models)
            for match in route.match?.any ?? [] { look(match.models) }
            windows(route, survey, &findings)
            if let model = route.model { spelling.name(model, &findings) }
            for target in route.tiers.flatMap(\.targets) where target.group == nil {
                spelling.target(target, &findings)
            }
        }
        for alias in survey.document.aliases { spelling.name(alias.model, &findings) }
    }

    /// Different patterns whose spelling is looked at.
    private static let mostNames = 2_000

    // MARK: HP513

    /// A fallback that holds less than the request the first choice would have taken.
    private static func windows(_ route: RouteEntry, _ survey: Survey, _ findings: inout [Problem]) {
        guard let range = route.match?.tokens, route.tiers.count > 1 else { return }
        let windows = route.tiers.map { tier in
            tier.targets.compactMap { target in context(target, survey).map { (target: target, tokens: $0) } }
        }
        guard let first = windows.first?.map(\.tokens).max() else { return }
        let most = min(first, range.value.upper ?? .max)
        for later in windows.dropFirst().flatMap({ $0 }) where later.tokens < most {
            findings.append(
                Problem(
                    .warning,
                    "HP513",
                    "`\(survey.name(later.target))` takes at most \(Words.count(later.tokens)) tokens, "
                        + "fewer than this route may bring",
                    at: later.target.spot,
                    labels: [Label(range.spot, "up to \(Words.count(most)) tokens come here")],
                    notes: ["a prompt of \(Words.count(later.tokens + 1)) tokens has no fallback"],
                    help: [
                        "take a target with a larger window, or end the range:  tokens: "
                            + "\(Words.count(range.value.lower))..\(Words.count(later.tokens))"
                    ]
                )
            )
        }
    }

    /// The window of what a target is asked for; nil when not known.
    private static func context(_ target: TargetEntry, _ survey: Survey) -> Int? {
        guard let provider = survey.provider(target) else { return nil }
        for entry in provider.contexts {
            guard let pattern = entry.pattern else { return entry.tokens }
            if let model = target.model, survey.globs.matches(pattern.value, model) { return entry.tokens }
        }
        guard let model = target.model else { return nil }
        return ModelTable(survey.document.modelFacts.map { (pattern: $0.pattern.value, facts: $0.facts) })
            .facts(of: Array(model.utf8)).context
    }
}

/// Finds slips in model names: something near a known name is one, something far from all is somebody's own model.
private struct Spelling {
    private let survey: Survey
    private let heads: Suggestion.Candidates
    private let names: Suggestion.Candidates
    /// Globs and names of `models.known`; the file's own and the providers' are known as well.
    private let own: [String]
    private let usesBuiltin: Bool
    private static let shapes = Set(KnownModels.names.map(shape))
    private static let builtinHeads = Suggestion.Candidates(KnownModels.heads + KnownModels.names)
    private static let builtinNames = Suggestion.Candidates(KnownModels.names)
    private static let nameBytes = KnownModels.names.map { Array($0.utf8) }

    init(_ survey: Survey) {
        self.survey = survey
        let known = survey.document.known?.map(\.value)
        own = (known ?? []).filter { $0 != "builtin" }
        usesBuiltin = known?.contains("builtin") ?? true
        if usesBuiltin, own.isEmpty {
            (heads, names) = (Self.builtinHeads, Self.builtinNames)
            return
        }
        let builtin = usesBuiltin ? KnownModels.names : []
        let ownHeads = own.map { GlobTable.literalHead($0) }
        heads = Suggestion.Candidates(ownHeads + (usesBuiltin ? KnownModels.heads : []) + builtin)
        names = Suggestion.Candidates(own.filter { GlobTable.isLiteral($0) } + builtin)
    }

    /// HP411.
    func glob(_ glob: Located<String>, _ findings: inout [Problem]) {
        let head = GlobTable.literalHead(glob.value)
        guard head.utf8.count >= 4, let near = nearest(to: head, in: heads), !isKnown(glob.value, head) else { return }
        let rest = String(glob.value.dropFirst(head.count))
        guard rest.isEmpty || rest == "*" || near.last == "-" else { return }
        let better = near + rest
        findings.append(
            Problem(
                .warning,
                "HP411",
                "`\(glob.value)` matches no known model",
                at: glob.spot,
                notes: ["a name of your own is made known by  models: {known: [builtin, \"\(glob.value)\"]}"],
                help: ["did you mean `\(better)`?"],
                fix: .unsafe,
                edits: survey.edits.rewriting(glob.spot, to: better)
            )
        )
    }

    /// HP413, of a target.
    func target(_ target: TargetEntry, _ findings: inout [Problem]) {
        guard let model = target.model, let provider = survey.provider(target), !provider.isLocal else { return }
        // What the provider says it serves is right, and what it does not is HP412's.
        if provider.models != nil || provider.kind.value == "openai-compatible" { return }
        report(model, target.spot, written: survey.name(target), &findings)
    }

    /// HP413, of `model` and aliases.
    func name(_ model: Located<String>, _ findings: inout [Problem]) {
        let served = survey.document.providers.contains { provider in
            (provider.models ?? []).contains { survey.globs.matches($0.value, model.value) }
        }
        if !served { report(model.value, model.spot, written: model.value, &findings) }
    }

    private func report(_ model: String, _ spot: Spot, written: String, _ findings: inout [Problem]) {
        // Vendors of others' models write the maker before a slash.
        guard !model.contains("/"), let near = nearest(to: model, in: names), !isKnown(model, model) else { return }
        let better = String(written.dropLast(model.count)) + near
        let isWhole = survey.edits.value(spot) == written
        findings.append(
            Problem(
                .warning,
                "HP413",
                "`\(model)` is no known model",
                at: spot,
                notes: ["a name of your own is made known by  models: {known: [builtin, \"\(model)\"]}"],
                help: ["did you mean `\(better)`?"],
                fix: isWhole ? .unsafe : nil,
                edits: isWhole ? survey.edits.rewriting(spot, to: better) : []
            )
        )
    }

    private func isKnown(_ pattern: String, _ head: String) -> Bool {
        if survey.globs.matches(anyOf: own, pattern) || own.contains(pattern) { return true }
        guard usesBuiltin else { return false }
        if let glob = survey.globs[pattern], Self.nameBytes.contains(where: { glob.matches($0.span) }) { return true }
        let isLiteral = GlobTable.isLiteral(pattern)
        if !isLiteral, KnownModels.heads.contains(where: { head.hasPrefix($0) || $0.hasPrefix(head) }) { return true }
        // Another version of a known model: only digits and dots differ, or something is added at the end.
        return Self.shapes.contains(Self.shape(pattern))
            || KnownModels.names.contains { Self.isEdition(pattern, of: $0) }
    }

    /// A date, or one of the words that vendors add: `gpt-4o-2024-08-06`, `gpt-4o-audio-preview`.
    private static func isEdition(_ name: String, of model: String) -> Bool {
        guard name.hasPrefix(model), let sign = name.dropFirst(model.count).first else { return false }
        if sign == ":" || sign == "@" { return true }
        let rest = name.dropFirst(model.count + 1)
        let words = [
            "latest", "preview", "instruct", "chat", "audio", "realtime", "search", "transcribe", "exp", "pro",
        ]
        return sign == "-" && (rest.first?.isNumber ?? false || words.contains { rest.hasPrefix($0) })
    }

    /// The nearest by edits, when near enough to be a slip: at most two letters, never the digits of a version alone.
    private func nearest(to word: String, in known: Suggestion.Candidates) -> String? {
        guard let near = known.nearest(to: word), Self.shape(near) != Self.shape(word),
            abs(near.utf8.count - word.utf8.count) <= 2
        else { return nil }
        return Self.letters(near) == Self.letters(word) ? nil : near
    }

    private static func letters(_ text: String) -> [UInt8] {
        text.utf8.filter { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") || $0 >= 0x80 }
    }

    /// Runs of digits and dots as one sign.
    private static func shape(_ name: String) -> [UInt8] {
        var result: [UInt8] = []
        for byte in name.utf8 {
            if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: ".") {
                if result.last != UInt8(ascii: "#") { result.append(UInt8(ascii: "#")) }
            } else {
                result.append(byte)
            }
        }
        return result
    }
}
