import Foundation
import TestKit
import Testing

/// The kernel's word for it: what the client's socket got came out of pipes, not out of the proxy's memory.
@Suite struct SpliceProofTests {
    @Test(arguments: [("paced", "5", "1"), ("coalesced", "0", "8")])
    func `the body of a stream is spliced and nothing of it written`(how: String, pace: String, coalesce: String) throws
    {
        let folder = try TemporaryFolder()
        let trace = folder.file("trace")
        // -D: the traced program stays our own child.
        let calls = "accept,accept4,splice,write,writev,sendto,sendmsg,sendmmsg,sendfile"
        let strace = ["strace", "-D", "-f", "-q", "-s", "64", "-o", trace, "-e", "trace=\(calls)"]
        let journey: Journey
        do {
            journey = try Journey(threads: 1, under: strace)
        } catch {
            Issue.record("this test needs strace and the right to trace (CAP_SYS_PTRACE in a container): \(error)")
            return
        }
        let client = try journey.connect()
        let controls = [("events", "60"), ("event-bytes", "180"), ("pace-ms", pace), ("coalesce", coalesce)]
        try client.ask(controls)
        try #require(client.read(until: "\r\n0\r\n\r\n") == nil)
        let all = client.take(client.buffer.count)
        let text = String(decoding: all, as: UTF8.self)
        let parts = text.components(separatedBy: "\r\n\r\n")
        let headBytes = parts[0].utf8.count + 4
        let bodyBytes = all.count - headBytes
        try #require(text.components(separatedBy: "data: ").count > 60)

        try #require(try journey.comes("hoosh_stream_bytes_total", ["path": "splice"], to: bodyBytes))
        #expect(try journey.metric("hoosh_stream_bytes_total", ["path": "copy"]) == 0)
        client.close()
        try journey.proxy.stop()

        let seen = try Trace(trace)
        let socket = try #require(seen.firstAccepted)
        #expect(seen.spliced(into: socket) == bodyBytes)
        #expect(seen.written(to: socket).bytes == headBytes)
        #expect(!seen.written(to: socket).lines.contains { $0.contains("data: ") })
    }
}

/// What strace wrote down, calls of all threads put together again.
private struct Trace {
    private var lines: [String] = []

    init(_ path: String) throws {
        // The tracer ends a moment after the traced program.
        _ = eventually(seconds: 60) {
            (try? String(contentsOfFile: path, encoding: .utf8))?.contains("+++ exited") == true
        }
        var open: [Substring: String] = [:]
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let halves = line.split(separator: " ", maxSplits: 1)
            guard halves.count == 2 else { continue }
            let call = halves[1].drop { $0 == " " }
            if call.hasSuffix("<unfinished ...>") {
                open[halves[0]] = String(call.dropLast(16))
            } else if call.hasPrefix("<..."), let start = open.removeValue(forKey: halves[0]) {
                lines.append(start + (call.components(separatedBy: "resumed>").last ?? ""))
            } else {
                lines.append(String(call))
            }
        }
    }

    private func result(_ line: String) -> Int {
        let text = line.components(separatedBy: " = ").last ?? ""
        return Int(text.split(separator: " ").first ?? "") ?? -1
    }

    /// The descriptor of the first connection taken.
    var firstAccepted: Int? {
        lines.first { $0.hasPrefix("accept") && result($0) >= 0 }.map(result)
    }

    func spliced(into socket: Int) -> Int {
        lines.filter { $0.hasPrefix("splice(") && $0.split(separator: ",").dropFirst(2).first == " \(socket)" }
            .map(result).filter { $0 > 0 }.reduce(0, +)
    }

    /// What any call that takes bytes from memory gave to the socket, as far as it is one connection's.
    func written(to socket: Int) -> (bytes: Int, lines: [String]) {
        let calls = ["write(", "writev(", "sendto(", "sendmsg(", "sendmmsg(", "sendfile("]
        var found = lines.filter { line in calls.contains { line.hasPrefix("\($0)\(socket),") } }
        // The number may serve another connection (the scrape of the metrics) afterwards.
        if let again = found.firstIndex(where: { $0.contains("text/plain") || $0.contains("# HELP") }) {
            found = Array(found[..<again])
        }
        return (found.map(result).filter { $0 > 0 }.reduce(0, +), found)
    }
}
