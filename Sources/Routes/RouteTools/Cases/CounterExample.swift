import Analysis
import Report
import RouteLanguage
import RouteModel
import Routing

/// A request that refutes a proof, in words, and as a case for the test file.
struct CounterExample {
    private let request: Request
    private let explainer: Explainer
    private let explanation: Explanation
    /// When the request comes; nil where no time is like that.
    private let moment: Int?
    /// True when it would go elsewhere, or not be meant, at another time.
    private let dependsOnTime: Bool
    private let windows: Set<TimeWindow>
    private let isExact: Bool

    /// Makes a witness ready to be shown: what it needs not is left out, as long as it stays one of `forAll`.
    init(_ witness: Request, _ explainer: Explainer, now: Int, forAll: Match?) {
        self.init(exactly: Self.shrunk(witness, explainer, forAll), explainer, now: now, forAll: forAll)
    }

    /// Shows a witness as it is: what another file needs of it is not known here.
    ///
    /// - Parameters:
    ///   - request: the witness.
    ///   - explainer: of the file that decides.
    ///   - now: where to begin looking for a time.
    ///   - forAll: which requests are meant.
    ///   - isExact: shows its own place in samples rather than those that the winning route takes, and no time.
    init(exactly request: Request, _ explainer: Explainer, now: Int, forAll: Match? = nil, isExact: Bool = false) {
        self.request = request
        self.isExact = isExact
        self.explainer = explainer
        windows = isExact ? [] : explainer.document.windows.union(forAll?.windows ?? [])
        let times = windows.isEmpty ? nil : OpenTimes(windows, from: now)
        moment = windows.isEmpty ? now : times?.moment(opening: request.openWindows)
        let verdict = explainer.interpreter.decide(request)
        dependsOnTime = (times?.all ?? []).contains { time in
            var other = request
            other.openWindows = time.open
            return explainer.interpreter.decide(other) != verdict
                || !(forAll.map { explainer.interpreter.matches($0, other) } ?? true)
        }
        var draft = RequestDraft()
        draft.moment = moment
        let subject = DescribedRequest(request: request, draft: draft, scan: ContentScan(), moment: moment ?? now)
        explanation = explainer.explain(subject)
    }

    /// The same request without what neither the routes nor the statement ask for.
    private static func shrunk(_ witness: Request, _ explainer: Explainer, _ forAll: Match?) -> Request {
        let verdict = explainer.interpreter.decide(witness)
        var request = witness
        func attempt(_ change: (inout Request) -> Void) {
            var smaller = request
            change(&smaller)
            guard smaller != request, smaller.isPossible, explainer.interpreter.decide(smaller) == verdict else {
                return
            }
            if let forAll, !explainer.interpreter.matches(forAll, smaller) { return }
            request = smaller
        }
        attempt { $0.path = $0.api.usualPath }
        attempt { $0.method = $0.api.usualMethod }
        attempt { $0.stream = false }
        attempt { $0.features = [] }
        attempt { $0.tokens = 0 }
        attempt { $0.contentLevel = .public }
        for tag in witness.contentTags.sorted() { attempt { $0.contentTags.remove(tag) } }
        attempt {
            $0.key = nil
            $0.buckets[.key] = nil
        }
        attempt {
            $0.tenant = nil
            $0.buckets[.tenant] = nil
        }
        for header in witness.headers {
            attempt {
                $0.headers.removeAll { $0.name == header.name }
                $0.buckets[.header(header.name)] = nil
            }
        }
        return request
    }

    /// False when its windows are not open together at any time: then no such request comes.
    var isPossible: Bool { moment != nil }

    /// The place in every sample, where the texts of the request do not say it already.
    private var bucket: Int? {
        guard let own = request.buckets[.request] else { return nil }
        let verdict = explainer.interpreter.decide(request)
        return [own, request.buckets.values.min() ?? own].first { bucket in
            var other = request
            for subject in request.buckets.keys { other.buckets[subject] = bucket }
            return explainer.interpreter.decide(other) == verdict
        } ?? own
    }

    /// The request as a person would describe it.
    var words: String {
        var words: [String] = []
        if request.path != request.api.usualPath || request.api == .other {
            words.append("path \(request.path)")
        } else if request.api != .chat {
            words.append("api \(request.api.word ?? "")")
        }
        if request.method != request.api.usualMethod { words.append("method \(request.method)") }
        if let model = request.model { words.append("model \"\(model)\"") }
        if let key = request.key { words.append("key \(key)") }
        if let tenant = request.tenant { words.append("tenant \(tenant)") }
        for header in shownHeaders { words.append("header \(header.name): \(header.value)") }
        if request.contentLevel > .public { words.append("content of class \(request.contentLevel.word)") }
        if !request.contentTags.isEmpty { words.append("content with tags \(Words.tags(request.contentTags))") }
        if request.tokens > 0 { words.append("tokens \(Words.count(request.tokens))") }
        if request.stream { words.append("stream") }
        let features = Words.features(request.features)
        if !features.isEmpty { words.append("features \(features.joined(separator: ", "))") }
        if let share = shareWords { words.append(share) }
        if dependsOnTime {
            let open = request.openWindows.map(Words.window).sorted()
            let shut = windows.map(Words.window).sorted().joined(separator: " and ")
            words += open.isEmpty ? ["at a time outside \(shut)"] : open.map { "at a time in \($0)" }
        }
        return words.joined(separator: "   ")
    }

    private var shownHeaders: [(name: String, value: String)] {
        request.headers.map { ($0.name, SecretField.shown($0.value, of: $0.name)) }
    }

    /// The buckets that the winning route takes, when the request is in one of them.
    private var shareWords: String? {
        guard !request.buckets.isEmpty else { return nil }
        if !isExact, let sample = explanation.route?.match?.sample {
            return "sample bucket 0%..\(Words.percent(sample.value))"
        }
        let parts = request.buckets.sorted { $0.key.word < $1.key.word }
            .map { "bucket of \($0.key.word) \(Words.percent($0.value))" }
        return parts.joined(separator: ", ")
    }

    /// Where it goes.
    var way: String {
        Self.way(explanation, Predictor(explanation: explanation, situation: Situation()).predict())
    }

    /// `route gpt-canary (prod.yaml:117): openai is excluded by …; no target left → 403`.
    static func way(_ explanation: Explanation, _ prediction: Prediction) -> String {
        guard let route = explanation.route else { return "no route takes it → \(prediction.status)" }
        let file = route.name.spot.path.split(separator: "/").last.map(String.init) ?? route.name.spot.path
        var parts: [String] = []
        if case .deny(let status, _) = explanation.verdict.outcome {
            return "route \(route.name.value) (\(file):\(route.name.spot.line)): denied → \(status)"
        }
        for obstacle in explanation.tiers.joined().flatMap(\.obstacles) where !parts.contains(obstacle.sentence) {
            parts.append(obstacle.sentence)
        }
        if parts.count > 3 { parts = parts.prefix(3) + ["…"] }
        let left = explanation.tiers.joined().filter { $0.obstacles.isEmpty }.map(\.name)
        parts.append(left.isEmpty ? "no target left" : "left: \(left.joined(separator: ", "))")
        let end = prediction.first.map { "→ \(explanation.tiers[$0.tier][$0.member].name)" } ?? "→ \(prediction.status)"
        return "route \(route.name.value) (\(file):\(route.name.spot.line)): \(parts.joined(separator: "; ")) \(end)"
    }

    // MARK: As a question to `explain`

    /// The command line that shows this request on its way.
    var question: String {
        var words = ["hoosh-proxy", "explain", explainer.document.path]
        func add(_ option: String, _ value: String?) {
            if let value { words += [option, value] }
        }
        if request.path != request.api.usualPath || request.api == .other {
            add("--path", request.path)
        } else if request.api != .chat {
            add("--api", request.api.word)
        }
        if request.method != request.api.usualMethod { add("--method", request.method) }
        add("--model", request.model)
        add("--key", request.key)
        add("--tenant", request.tenant)
        for header in shownHeaders { add("--header", "\(header.name): \(header.value)") }
        if request.contentLevel > .public { add("--class", request.contentLevel.word) }
        if !request.contentTags.isEmpty { add("--tags", request.contentTags.sorted().joined(separator: ",")) }
        if request.tokens > 0 { add("--tokens", "\(request.tokens)") }
        let features = Words.features(request.features)
        if !features.isEmpty { add("--features", features.joined(separator: ",")) }
        if let bucket { add("--bucket", Words.percent(bucket)) }
        if let moment, dependsOnTime { add("--at", DraftReader.written(moment)) }
        if request.stream { words.append("--stream") }
        return words.map(Self.shellWord).joined(separator: " ")
    }

    /// A word as a POSIX shell reads it (IEEE 1003.1, 2.2.2).
    private static func shellWord(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A || byte >= 0x30 && byte <= 0x39
                || "-_./:,+@%".utf8.contains(byte)
        }
        if isPlain, !text.isEmpty { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    // MARK: As a case

    /// A case that fails as long as the proof does; nil when no case can say it.
    func yaml(for proof: CaseProof) -> String? {
        guard let expect = expectation(proof) else { return nil }
        var fields: [String] = []
        func add(_ name: String, _ value: String?) {
            if let value { fields.append("\(name): \(value)") }
        }
        if request.path != request.api.usualPath || request.api == .other {
            add("path", Self.scalar(request.path))
        } else if request.api != .chat {
            add("api", request.api.word)
        }
        if request.method != request.api.usualMethod { add("method", request.method) }
        add("model", request.model.map(Self.scalar))
        add("key", request.key.map(Self.scalar))
        add("tenant", request.tenant.map(Self.scalar))
        var masked = request
        masked.headers = shownHeaders
        // A secret is not copied into another file.
        if explainer.interpreter.decide(masked) != explainer.interpreter.decide(request) { return nil }
        if !request.headers.isEmpty {
            let list = shownHeaders.map { "\($0.name): \(Self.scalar($0.value))" }
            add("headers", "{\(list.joined(separator: ", "))}")
        }
        if request.contentLevel > .public { add("class", request.contentLevel.word) }
        if !request.contentTags.isEmpty { add("tags", "[\(request.contentTags.sorted().joined(separator: ", "))]") }
        if request.tokens > 0 { add("tokens", "\(request.tokens)") }
        if request.stream { add("stream", "true") }
        let features = Words.features(request.features)
        if !features.isEmpty { add("features", "[\(features.joined(separator: ", "))]") }
        if let bucket { add("bucket", Words.percent(bucket)) }
        if let moment, dependsOnTime { add("at", DraftReader.written(moment)) }
        return """
            - name: \(Self.scalar("counterexample: \(proof.name.value)"))
              request: {\(fields.joined(separator: ", "))}
              expect: {\(expect)}

            """
    }

    private func expectation(_ proof: CaseProof) -> String? {
        func range(_ range: ClosedRange<Int>) -> String {
            if range.lowerBound == range.upperBound { return "\(range.lowerBound)" }
            return range.upperBound >= Int.max - 1
                ? "\(range.lowerBound).." : "\(range.lowerBound)..\(range.upperBound + 1)"
        }
        func list(_ names: [Located<String>]) -> String { "[\(names.map(\.value).joined(separator: ", "))]" }
        var parts: [String] = []
        if let to = proof.to { parts.append("\(proof.isAlways ? "only_to" : "not_to"): \(list(to))") }
        guard proof.isAlways else { return parts.isEmpty ? nil : parts.joined(separator: ", ") }
        if let routes = proof.routes, routes.count == 1 { parts.append("route: \(routes[0].value)") }
        if let targets = proof.targets { parts.append("targets: \(range(targets))") }
        if let status = proof.statuses, status.count == 1 { parts.append("status: \(status.lowerBound)") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// A text that reads the same in every YAML, quoted unless it is a plain word.
    static func scalar(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                byte >= 0x61 && byte <= 0x7A || byte == 0x2D || byte == 0x2F || byte >= 0x30 && byte <= 0x39
                    || byte == 0x2E
            }
        let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        let first = text.utf8.first ?? 0
        return isPlain && first >= 0x61 && !words.contains(text) ? text : JSONValue.quoted(text)
    }
}
