import Foundation
import Synchronization
import TestKit
import Testing
import WireCases

/// A proxy with providers of all clearances, each class on a mock of its own, whose records tell what came to it.
final class LeakLaboratory: Sendable {
    /// By class: what stands in a mock's record may be marked no higher.
    let mocks: [MockUpstream]
    let proxy: RunningProgram
    let address: Address
    let file: String
    private let folder: TemporaryFolder
    /// Bytes of output and errors that were looked at.
    private let told = Mutex((0, 0))

    /// * `program`: with its arguments behind the route file; `nil` is the proxy.
    init(rules: String = PlantedRequest.rules, damage: String? = nil) throws {
        let mocks = try (0..<4).map { _ in try MockUpstream(models: ["mock-small"]) }
        self.mocks = mocks
        folder = try TemporaryFolder()
        func provider(_ name: String, _ kind: String, _ level: Int, _ more: String = "") -> String {
            let path = kind == "google" || kind == "ollama" ? "" : "/v1"
            let attest = level > 2 ? ", attest: test" : ""
            let key = kind == "anthropic" || kind == "google" ? ", key: env:LEAK_KEY" : ""
            return "  \(name): {kind: \(kind), url: \"\(mocks[level].url)\(path)\", health: {mode: none}, "
                + "clearance: \(PlantedRequest.levels[level])\(attest)\(key)\(more)}\n"
        }
        let text = """
            version: 1
            listen: {address: 127.0.0.1:0, admin: 127.0.0.1:0, watch: false}
            defaults: {retry: {attempts: 1, backoff: 1ms..2ms, budget: 100%}}
            privacy:
              rules:
            \(rules)
            providers:
            \(provider("open", "openai-compatible", 0))\(provider("inner", "openai-compatible", 1))\
            \(provider("claude", "anthropic", 1))\(provider("google", "google", 1))\
            \(provider("llama", "ollama", 1))\(provider("house", "openai-compatible", 2, ", deny_tags: [project]"))\
            \(provider("safe", "openai-compatible", 3))
            routes:
              - {name: falcon, match: {tags: [project]}, to: [house, safe], strategy: round-robin}
              - name: all
                to: [[open, inner, claude, google, llama], [house, safe]]
                strategy: round-robin

            """
        file = try folder.write("routes.yaml", text)
        let environment = ["LEAK_KEY": "sk-leak"]
        if let damage {
            proxy = try RunningProgram("hoosh-damaged", [file, damage, "no-check"], environment: environment)
        } else {
            let arguments = ["--routes", file, "--threads", "2", "--access-log"]
            proxy = try RunningProgram("hoosh-proxy", arguments, environment: environment)
        }
        guard let address = Address(saidIn: try proxy.line(containing: "(client)")) else {
            throw TestKitFailure("no address in: \(proxy.errors)")
        }
        try proxy.line(containing: "ready")
        self.address = address
    }

    /// What a run came to.
    struct Outcome: Sendable {
        /// Requests that came to a provider below their class, or beside one of their tags.
        var leaks: [String] = []
        /// Labels that are not as marked, answers that are none, secrets in what the proxy says.
        var faults: [String] = []
        /// Requests that came to each mock, by the class they were marked with.
        var arrived = [[Int]](repeating: [0, 0, 0, 0], count: 4)
        /// Secrets that a mock has read although they are to be replaced.
        var unredacted: [String] = []
        var refused = 0
    }

    private static let clients = 6

    /// Sends `count` requests and looks at what the mocks have recorded.
    func run(_ count: Int, seed: UInt64, checksSecrets: Bool = false) throws -> Outcome {
        let outcome = Mutex(Outcome())
        var sent = 0
        while sent < count {
            // A mock remembers its last 1,000; a request may be tried twice.
            let share = min(480, count - sent) / Self.clients + 1
            let planted = Mutex<[String: PlantedRequest]>([:])
            let start = sent
            try concurrently(Self.clients) { number in
                var dice = Dice(seed: seed &+ UInt64(start + 1_000_003 * number))
                var connection: RawConnection?
                for index in 0..<share {
                    let request = PlantedRequest(&dice)
                    let id = "leak-\(start)-\(number)-\(index)"
                    planted.withLock { $0[id] = request }
                    let client = try connection ?? RawConnection(to: self.address, timeoutSeconds: 120)
                    connection = client
                    var headers = [("x-request-id", id)]
                    if !request.body.isEmpty { headers.append(("content-type", request.contentType)) }
                    // Some fail, so that others are asked.
                    if Int.random(in: 0..<8, using: &dice) == 0 { headers.append(("x-mock-status", "503")) }
                    let body = request.body.isEmpty ? nil : request.body
                    let response = try client.fetch(request.method, request.path, headers: headers, body: body)
                    if response.ending != .complete || response["connection"] == "close" { connection = nil }
                    outcome.withLock { Self.judge(response, request, &$0) }
                }
            }
            sent += share * Self.clients
            try outcome.withLock { try read(planted.withLock { $0 }, checksSecrets, &$0) }
        }
        return outcome.withLock { $0 }
    }

    private static func judge(_ response: Response, _ request: PlantedRequest, _ outcome: inout Outcome) {
        let words = response.text
        if response.status == 403 {
            outcome.refused += 1
            if request.secrets.contains(where: words.contains) { outcome.faults.append("a secret in \(words)") }
            return
        }
        // The proxy counts tokens itself where a provider does not.
        if response["x-hoosh-estimate"] != nil { return }
        guard let label = response["x-hoosh-class"] else {
            outcome.faults.append(
                "\(response.status) \(response.ending) \(words.prefix(200)) to \(request.path) \(request.body)"
            )
            return
        }
        if label != PlantedRequest.levels[request.level] {
            outcome.faults.append(
                "\(label), not \(PlantedRequest.levels[request.level]): \(request.path) \(request.body)"
            )
        }
    }

    private func read(_ planted: [String: PlantedRequest], _ checksSecrets: Bool, _ outcome: inout Outcome) throws {
        for (level, mock) in mocks.enumerated() {
            for seen in try mock.requests() {
                guard let id = seen.values("x-request-id").first, let request = planted[id] else {
                    outcome.leaks.append("an unknown request at \(PlantedRequest.levels[level]): \(seen.path)")
                    continue
                }
                outcome.arrived[level][request.level] += 1
                if request.level > level || level == 2 && request.tags.contains("project") {
                    outcome.leaks.append(
                        "\(request.tags) at \(PlantedRequest.levels[level]): \(request.path) \(request.body)"
                    )
                }
                guard checksSecrets else { continue }
                let text = Self.allText(seen.body) + " " + (seen.path.removingPercentEncoding ?? "")
                for secret in request.secrets where text.contains(secret) {
                    outcome.unredacted.append("\(secret) in \(seen.path) \(seen.body)")
                }
            }
            try mock.reset()
        }
        let said = newlySaid()
        for secret in planted.values.flatMap(\.secrets) where Self.holds(said, secret) {
            outcome.faults.append("\(secret) in what it says")
        }
    }

    /// What the proxy has said since this was asked last; all of it each time would take ever longer.
    private func newlySaid() -> [UInt8] {
        let (output, errors) = (Array(proxy.output.utf8), Array(proxy.errors.utf8))
        return told.withLock { told in
            defer { told = (output.count, errors.count) }
            return Array(output[min(told.0, output.count)...]) + errors[min(told.1, errors.count)...]
        }
    }

    private static func holds(_ text: [UInt8], _ secret: String) -> Bool {
        Data(text).range(of: Data(secret.utf8)) != nil
    }

    /// All strings of a body, those in strings of JSON too; a body that is no JSON as it stands.
    private static func allText(_ body: String) -> String {
        guard let value = try? JSONSerialization.jsonObject(with: Data(body.utf8)) else { return body }
        func texts(_ value: Any) -> String {
            switch value {
            case let text as String:
                let isJSON = text.contains("{") && text != body
                return text + (isJSON && !text.isEmpty ? " \(allText(text))" : "")
            case let number as NSNumber: return "\(number)"
            case let list as [Any]: return list.map(texts).joined()
            // Members have no order; none of them is one text with another.
            case let object as [String: Any]:
                return object.sorted { $0.key < $1.key }.map { "\($0.key)\u{1}\(texts($0.value))" }.joined()
            default: return ""
            }
        }
        return texts(value)
    }
}
