import Analysis
import Interpreter
import Report
import RouteModel
import Routing

/// A concrete request in words, as its sender would describe it.
struct Witness {
    private let document: RouteDocument
    private let interpreter: Interpreter

    init(_ interpreter: Interpreter) {
        document = interpreter.document
        self.interpreter = interpreter
    }

    /// `chat with model "gpt-4o-mini"`: short, for the middle of a sentence; method and path where they are not usual.
    func short(_ request: Request) -> String {
        let isUsual = request.path == request.api.usualPath && request.method == request.api.usualMethod
        var text = isUsual ? request.api.word ?? "" : ""
        if text.isEmpty { text = "\(request.method) \(request.path)" }
        let parts = self.parts(request)
        if !parts.isEmpty { text += " with \(parts.joined(separator: ", "))" }
        return text
    }

    /// `POST /v1/chat/completions  model "llama3.1"  content "mrn 00123456"`.
    func long(_ request: Request) -> String {
        (["\(request.method) \(request.path)"] + parts(request)).joined(separator: "  ")
    }

    private func parts(_ request: Request) -> [String] {
        var parts: [String] = []
        if let model = request.model { parts.append("model \"\(model)\"") }
        if let key = request.key { parts.append("key \(key)") }
        if let tenant = request.tenant { parts.append("tenant \(tenant)") }
        for header in request.headers {
            parts.append("header \(header.name): \(SecretField.shown(header.value, of: header.name))")
        }
        if request.stream { parts.append("stream: true") }
        if request.tokens > 0 { parts.append("\(request.tokens) tokens") }
        let features = Feature.allCases.filter { request.features.contains(FeatureSet($0)) }.map(\.rawValue)
        if !features.isEmpty { parts.append("features \(features.joined(separator: ", "))") }
        if let content = content(request) { parts.append(content) }
        for (subject, bucket) in request.buckets.sorted(by: { $0.value < $1.value }) {
            let share = "\(bucket / 100).\(bucket % 100 < 10 ? "0" : "")\(bucket % 100)"
            parts.append("\(subject.word) in bucket \(share)%")
        }
        if let window = request.openWindows.first { parts.append("while \(Self.window(window)) is open") }
        return parts
    }

    /// What stands in the request, by the examples of the rules where there are some.
    private func content(_ request: Request) -> String? {
        if request.contentTags.isEmpty {
            return request.contentLevel > document.privacy.standard.value
                ? "\(request.contentLevel.word) content" : nil
        }
        let rules = document.privacy.rules.filter { request.contentTags.contains($0.tag.value) }
        if let example = rules.lazy.compactMap(\.example).first, request.contentTags.count == 1 {
            return "content \"\(example.value)\""
        }
        return "content tagged \(request.contentTags.sorted().joined(separator: ", "))"
    }

    /// `Mon-Fri 09:00-18:00 Europe/Berlin`.
    static func window(_ window: TimeWindow) -> String {
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let days = names.indices.filter { window.days & (1 << UInt8($0)) != 0 }
        var runs: [ClosedRange<Int>] = []
        for day in days {
            if let last = runs.last, last.upperBound == day - 1 {
                runs[runs.count - 1] = last.lowerBound...day
            } else {
                runs.append(day...day)
            }
        }
        let text = runs.map { run in
            run.count == 1 ? names[run.lowerBound] : "\(names[run.lowerBound])-\(names[run.upperBound])"
        }
        return "\(text.joined(separator: ",")) \(clock(window.startMinute))-\(clock(window.endMinute)) \(window.zone)"
    }

    private static func clock(_ minute: Int) -> String {
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }

    /// `→ tags {phi}, class restricted`.
    func label(_ request: Request) -> String {
        let (level, tags) = interpreter.label(request)
        let names = tags.isEmpty ? "" : "tags {\(tags.sorted().joined(separator: ", "))}, "
        return "\(names)class \(level.word)"
    }

    /// `` `gpt` → openai``: where a request goes first; a refusal in words.
    func way(_ request: Request) -> String {
        let verdict = interpreter.decide(request)
        guard let route = verdict.route else { return "no route" }
        let name = "`\(document.routes[route].name.value)`"
        switch verdict.outcome {
        case .noRoute: return "no route"
        case .deny(let status, _): return "\(name) → \(status)"
        case .forward(let tiers):
            guard let place = tiers.lazy.flatMap({ $0 }).first else { return "\(name) → 403" }
            return "\(name) → \(document.providers[place.provider].name.value)"
        }
    }
}
