import Foundation
import TestKit
import Testing
import WireCases

/// Nothing that rules mark comes to a provider that may not see it, proved from what the providers' stand-ins recorded.
@Suite(.serialized) struct ContentLeakTests {
    /// `HOOSH_LEAK_REQUESTS=100000` is the long run.
    private static let count =
        ProcessInfo.processInfo.environment["HOOSH_LEAK_REQUESTS"].flatMap(Int.init) ?? 2_000
    private static let seed =
        ProcessInfo.processInfo.environment["HOOSH_LEAK_SEED"].flatMap(UInt64.init) ?? 20_261_121

    @Test func `no planted secret comes to a provider below its class`() throws {
        let laboratory = try LeakLaboratory()
        let outcome = try laboratory.run(Self.count, seed: Self.seed)
        #expect(outcome.leaks.isEmpty, "\(outcome.leaks.count): \(outcome.leaks.prefix(3))")
        #expect(outcome.faults.isEmpty, "\(outcome.faults.count): \(outcome.faults.prefix(3))")
        #expect(outcome.refused == 0, "one provider may see everything")
        // Every mock has had something of every class that it may see.
        for level in 0..<4 {
            #expect(outcome.arrived[level][0...level].allSatisfy { $0 > 0 } || level > 1, "\(outcome.arrived)")
        }
        #expect(outcome.arrived[3][2] > 0 && outcome.arrived[3][3] > 0 && outcome.arrived[2][2] > 0)
        #expect(try laboratory.proxy.stop() == 0)
    }

    /// What stays of the same laboratory when the check of clearances, or the reading of text, is taken out.
    @Test(arguments: ["clearances", "unread"]) func `a proxy without its checks would leak, and this would see it`(
        damage: String
    ) throws {
        let laboratory = try LeakLaboratory(damage: damage)
        let outcome = try laboratory.run(300, seed: Self.seed)
        #expect(outcome.leaks.count > 10, "\(outcome.arrived)")
        #expect(try laboratory.proxy.stop() == 0)
    }

    @Test func `with redaction no provider sees a secret at all`() throws {
        let rules = PlantedRequest.rules.split(separator: "\n").map { line in
            let line = line.replacing(#/class: \w+, /#, with: "")
            return "\(line.dropLast()), redact: true}"
        }
        let laboratory = try LeakLaboratory(rules: rules.joined(separator: "\n"))
        let count = max(Self.count / 4, 500)
        var outcome = try laboratory.run(count, seed: Self.seed &+ 1, checksSecrets: true)
        // Without classes all are public.
        outcome.faults.removeAll { $0.hasPrefix("public, not") }
        #expect(outcome.unredacted.isEmpty, "\(outcome.unredacted.count): \(outcome.unredacted.prefix(3))")
        #expect(outcome.faults.isEmpty, "\(outcome.faults.count): \(outcome.faults.prefix(3))")
        // What cannot be changed is refused, all else goes on.
        #expect(outcome.refused > 0 && outcome.refused < count / 2, "\(outcome.refused)")
        #expect(outcome.arrived[0][3] > 0 && outcome.arrived[1][3] > 0)
    }

    @Test func `the server and explain give a request the same label`() throws {
        let laboratory = try LeakLaboratory()
        let folder = try TemporaryFolder()
        var dice = Dice(seed: Self.seed &+ 2)
        for number in 0..<120 {
            let request = PlantedRequest(&dice)
            let body = request.body.isEmpty ? nil : request.body
            let headers = body == nil ? [] : [("content-type", request.contentType)]
            let response = try fetch(laboratory.address, request.method, request.path, headers: headers, body: body)
            if response["x-hoosh-estimate"] != nil { continue }
            var arguments = ["explain", laboratory.file, "--json", "--method", request.method]
            let isForeign = request.path.hasPrefix("/v1beta/") || request.path.hasPrefix("/api/")
            arguments += isForeign ? ["--api", "chat"] : ["--path", request.path]
            if body != nil {
                arguments += ["--body", "@\(try folder.write("body-\(number)", request.body))"]
                arguments += ["--header", "content-type:\(request.contentType)"]
            }
            let answer = try run("hoosh-proxy", arguments, environment: ["LEAK_KEY": "sk-leak"])
            let value = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any],
                "\(arguments) \(answer.errors)"
            )
            let label = (value["class"] as? [String: Any])?["class"] as? String
            let route = (value["route"] as? [String: Any])?["name"] as? String
            #expect(label == response["x-hoosh-class"] && route == response["x-hoosh-route"], "\(request)")
            #expect(Set(value["tags"] as? [String] ?? []) == request.tags, "\(request)")
        }
    }
}
