import CLinux
import Foundation
import Loop

/// Measures what it costs to say a stream in another dialect (`--translate`), beside the same stream spliced and copied.
struct TranslateBench {
    /// Who asks how, and what the provider speaks.
    struct Pair {
        let title: String
        let client: LoadRequest.Dialect
        /// The provider's format in the route file.
        let format: String
        /// `listen.splice`.
        var splice = "always"

        /// Of one event: Gemini's frame alone is longer than others' whole events.
        var eventBytes: String { format == "gemini" ? "360" : "180" }
    }

    private static let pairs = [
        Pair(title: "spliced (OpenAI to OpenAI)", client: .openAI, format: "chat"),
        Pair(title: "copied (OpenAI to OpenAI)", client: .openAI, format: "chat", splice: "none"),
        Pair(title: "OpenAI's stream for an Anthropic client", client: .anthropic, format: "chat"),
        Pair(title: "OpenAI's stream for a Gemini client", client: .gemini, format: "chat"),
        Pair(title: "OpenAI's stream for an Ollama client", client: .ollama, format: "chat"),
        Pair(title: "Anthropic's stream for an OpenAI client", client: .openAI, format: "messages"),
        Pair(title: "Gemini's stream for an OpenAI client", client: .openAI, format: "gemini"),
        Pair(title: "Ollama's stream for an OpenAI client", client: .openAI, format: "ollama"),
    ]
    private static let rounds = 5
    private static let eventsPerStream = 200
    private static let streams = 200
    private static let eventsPerSecond = 20
    private static let idleStreams = 2_000
    private static let eventsOfPeers = 50

    private let paths: Paths
    private let starter: Starter
    private let loop: EventLoop
    private let samples = SampleRoom()

    /// Runs it; the Markdown of the table.
    static func run() throws -> String {
        _ = clinux_pin_thread(Int32(Placement.load))
        defer { Paths.removeWorkOfThisProcess() }
        let paths = try Paths()
        return try TranslateBench(paths: paths, starter: Starter(paths: paths), loop: EventLoop()).table()
    }

    private init(paths: Paths, starter: Starter, loop: EventLoop) {
        self.paths = paths
        self.starter = starter
        self.loop = loop
    }

    private func table() throws -> String {
        let (mock, upstream) = try starter.startMock()
        defer { mock.end() }
        var base: (burst: Double, paced: Double)?
        var text =
            "| | back to back, CPU µs/event | × spliced | paced, CPU µs/event | × spliced | private KiB/stream |\n"
        text += "| --- | ---: | ---: | ---: | ---: | ---: |\n"
        for pair in Self.pairs {
            FileHandle.standardError.write(Data("hoosh-bench: \(pair.title)\n".utf8))
            let running = try start(pair, upstream)
            defer { running.end() }
            let burst = median(try (0..<Self.rounds).map { _ in try self.burst(pair, running) })
            let paced = median(try (0..<3).map { _ in try self.paced(pair, running) })
            let memory = try self.memory(pair, upstream)
            let first = base ?? (burst, paced)
            base = first
            let cells = [
                pair.title, Table.number(burst), Table.number(burst / first.burst), Table.number(paced),
                Table.number(paced / first.paced), Table.number(memory),
            ]
            text += "| " + cells.joined(separator: " | ") + " |\n"
        }
        if let base { text += try peers(upstream, base.burst) }
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        return
            "Medians of \(Self.rounds) runs of streams back to back and 3 of paced ones; an event is one of the provider's, "
            + "180 B (of Gemini's, 360 B, since its frame is long). Load average of the machine at the end: \(load.split(separator: " ").prefix(1).joined()).\n\n"
            + text
    }

    /// The rows of those whose programs are named.
    private func peers(_ upstream: UInt16, _ spliced: Double) throws -> String {
        var text = ""
        for program in Peers.Program.allCases {
            guard let path = program.path else {
                text += "| (\(program.rawValue) names no program: not measured) | | | | | |\n"
                continue
            }
            let running: Running
            do { running = try Peers(paths: paths, upstream: upstream).start(program, path) } catch {
                FileHandle.standardError.write(Data("hoosh-bench: \(error)\n".utf8))
                text += "| (\(program.rawValue) did not start: not measured) | | | | | |\n"
                continue
            }
            defer { running.end() }
            for way in Peers.ways where way.program == program {
                FileHandle.standardError.write(Data("hoosh-bench: \(way.title)\n".utf8))
                let burst = median(try (0..<3).map { _ in try self.burst(way, running, upstream) })
                let cells = [way.title, Table.number(burst), Table.number(burst / spliced), "", "", ""]
                text += "| " + cells.joined(separator: " | ") + " |\n"
            }
        }
        return text
    }

    /// Four connections for long enough that the slowest has ended many streams.
    private func burst(_ way: Peers.Way, _ running: Running, _ upstream: UInt16) throws -> Double {
        let controls = [("events", "\(Self.eventsOfPeers)"), ("event-bytes", "180")]
        // Not every gateway passes on the client's fields.
        try Self.setDefaults(controls, upstream)
        var request = LoadRequest(isStream: true, controls: controls.map { (name: $0.0, value: $0.1) })
        request.dialect = way.client
        request.model = way.model
        var shape = LoadShape(connections: 4, request: request)
        shape.endsWithDone = way.client == .openAI
        let load = Load(shape, port: running.port, expectedBytes: -1, loop: loop, samples: samples)
        load.open(upTo: shape.connections)
        load.spin(seconds: 3)
        let before = running.meter?.cpuNanoseconds
        load.beginWindow()
        load.spin(seconds: 6)
        let after = running.meter?.cpuNanoseconds
        let responses = load.window.responses
        load.finish(graceSeconds: 5)
        return try perEvent(before, after, responses * Self.eventsOfPeers, load)
    }

    private static func setDefaults(_ controls: [(String, String)], _ upstream: UInt16) throws {
        guard let url = URL(string: "http://127.0.0.1:\(upstream)/mock/defaults") else { return }
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        curl.arguments =
            ["-sf", "-X", "POST"] + controls.flatMap { ["-H", "x-mock-\($0.0): \($0.1)"] } + [url.absoluteString]
        curl.standardOutput = FileHandle.nullDevice
        try curl.run()
        curl.waitUntilExit()
        guard curl.terminationStatus == 0 else { throw BenchFailure("the mock takes no defaults") }
    }

    private func start(_ pair: Pair, _ upstream: UInt16) throws -> Running {
        let extra = "    formats: [\(pair.format)]\n    health: {mode: none}\n"
        return try starter.startHoosh(splice: pair.splice, providerLines: extra, upstreamPort: upstream, "translate")
    }

    private func request(_ pair: Pair, _ controls: [(String, String)]) -> LoadRequest {
        var request = LoadRequest(isStream: true, controls: controls.map { (name: $0.0, value: $0.1) })
        request.dialect = pair.client
        return request
    }

    /// 32 connections, one stream after the other; CPU of the proxy for each event, µs.
    private func burst(_ pair: Pair, _ running: Running) throws -> Double {
        let controls = [("events", "\(Self.eventsPerStream)"), ("event-bytes", pair.eventBytes)]
        var shape = LoadShape(connections: 32, request: request(pair, controls))
        shape.endsWithDone = pair.client == .openAI
        let load = Load(shape, port: running.port, expectedBytes: -1, loop: loop, samples: samples)
        load.open(upTo: shape.connections)
        load.spin(seconds: 0.3)
        let before = running.meter?.cpuNanoseconds
        load.beginWindow()
        load.spin(seconds: 1.0)
        let after = running.meter?.cpuNanoseconds
        let responses = load.window.responses
        load.finish(graceSeconds: 3)
        return try perEvent(before, after, responses * Self.eventsPerStream, load)
    }

    /// 200 streams of 20 events a second, each a wake-up of its own; CPU of the proxy for each event, µs.
    private func paced(_ pair: Pair, _ running: Running) throws -> Double {
        let seconds = 2.0
        let controls = [
            ("events", "\(Int(seconds + 3) * Self.eventsPerSecond)"), ("event-bytes", pair.eventBytes),
            ("gap-us", "50000"),
        ]
        var shape = LoadShape(connections: Self.streams, request: request(pair, controls), isRepeating: false)
        shape.endsWithDone = pair.client == .openAI
        shape.staggerNanoseconds = 250_000
        let load = Load(shape, port: running.port, expectedBytes: -1, loop: loop, samples: samples)
        load.open(upTo: shape.connections)
        load.spin(seconds: 5) { load.startedCount >= shape.connections }
        let before = running.meter?.cpuNanoseconds
        load.beginWindow()
        load.spin(seconds: seconds)
        let after = running.meter?.cpuNanoseconds
        defer { load.abandon() }
        return try perEvent(before, after, Int(seconds) * Self.eventsPerSecond * Self.streams, load)
    }

    private func perEvent(_ before: Int64?, _ after: Int64?, _ events: Int, _ load: Load) throws -> Double {
        guard load.window.errors == 0 else { throw BenchFailure("wrong answers: \(load.firstFault ?? "not known")") }
        guard let before, let after, events > 0 else { throw BenchFailure("nothing was measured") }
        return Double(after - before) / 1_000 / Double(events)
    }

    /// Private memory for each of many streams that began to speak at once and have been silent for a while, KiB.
    private func memory(_ pair: Pair, _ upstream: UInt16) throws -> Double {
        let running = try start(pair, upstream)
        defer { running.end() }
        usleep(200_000)
        // Gemini's first event says nothing, and an answer that has said nothing is held back.
        let controls = [("events", "40"), ("event-bytes", pair.eventBytes), ("fault", "stall"), ("after", "3")]
        let shape = LoadShape(connections: Self.idleStreams, request: request(pair, controls), isRepeating: false)
        let load = Load(shape, port: running.port, expectedBytes: -1, loop: loop, samples: samples)
        defer { load.abandon() }
        let start = running.meter?.memoryKiB
        load.open(upTo: Self.idleStreams)
        load.spin(seconds: 10) { load.startedCount >= Self.idleStreams }
        // Two of the times at which the proxy gives back what the burst has left behind.
        load.spin(seconds: 11)
        guard let start, let now = running.meter?.memoryKiB, load.startedCount == Self.idleStreams else {
            throw BenchFailure("only \(load.startedCount) of \(Self.idleStreams) streams are open")
        }
        return (now.own - start.own) / Double(Self.idleStreams)
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
