import CLinux
import Foundation
import Loop

/// Measures what governance costs (`--governed`): the same load through the proxy plain and with keys, limits, three budgets,
/// prices and an audit log, one after the other in each round.
struct GovernBench {
    private struct Row {
        let title: String
        let shape: LoadShape
    }

    private static let rounds = 7
    private static let seconds = 1.2

    private let paths: Paths
    private let starter: Starter
    private let loop: EventLoop
    private let samples = SampleRoom()

    /// Runs it; the Markdown of the tables.
    static func run() throws -> String {
        _ = clinux_pin_thread(Int32(Placement.load))
        defer { Paths.removeWorkOfThisProcess() }
        let books = BookBench.table
        let paths = try Paths()
        let bench = GovernBench(paths: paths, starter: Starter(paths: paths), loop: EventLoop())
        let table = try bench.table()
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        return
            "Load average of the machine at the end: \(load.split(separator: " ").prefix(1).joined()).\n\n\(table)\n\(books)"
    }

    private init(paths: Paths, starter: Starter, loop: EventLoop) {
        self.paths = paths
        self.starter = starter
        self.loop = loop
    }

    private static let rows: [Row] = [
        Row(title: "small chat answers, 32 connections", shape: shape(32, stream: nil)),
        Row(title: "streams of 20 events, 32 connections", shape: shape(32, stream: 20)),
        Row(title: "streams of 200 events, 32 connections", shape: shape(32, stream: 200)),
    ]

    /// Answers tell their usage, as providers' do.
    private static func shape(_ connections: Int, stream events: Int?) -> LoadShape {
        var request = LoadRequest(isStream: events != nil)
        if let events { request.controls = [("events", "\(events)"), ("event-bytes", "180")] }
        request.token = "sk-bench-0123456789abcdef"
        return LoadShape(connections: connections, request: request)
    }

    private func table() throws -> String {
        let (mock, upstream) = try starter.startMock()
        defer { mock.end() }
        let plain = try starter.startHoosh(splice: "auto", providerLines: "", upstreamPort: upstream, "plain")
        defer { plain.end() }
        setenv("BENCH_TOKEN", "sk-bench-0123456789abcdef", 1)
        setenv("BENCH_AUDIT_KEY", "0123456789abcdef0123456789abcdef", 1)
        let governed = try starter.startHoosh(
            splice: "auto",
            upstreamPort: upstream,
            "governed",
            governance: Self.sections(folder: paths.work)
        )
        defer { governed.end() }
        var text =
            "| | plain, CPU µs/request | governed | plain ÷ governed CPU (req per CPU s) | governed ÷ plain req/s |\n"
        text += "| --- | ---: | ---: | ---: | ---: |\n"
        for row in Self.rows {
            var pairs: [(plain: Measure, governed: Measure)] = []
            for round in 0..<Self.rounds {
                FileHandle.standardError.write(Data("hoosh-bench: \(row.title), round \(round + 1)\n".utf8))
                // Who is first changes from round to round.
                let isFirst = round % 2 == 0
                let one = try measure(row, isFirst ? plain : governed)
                let other = try measure(row, isFirst ? governed : plain)
                pairs.append(isFirst ? (one, other) : (other, one))
            }
            let cells = [
                row.title, Self.cell(pairs.map(\.plain.cpu)), Self.cell(pairs.map(\.governed.cpu)),
                Self.cell(pairs.map { $0.plain.cpu / $0.governed.cpu }),
                Self.cell(pairs.map { $0.governed.rate / $0.plain.rate }),
            ]
            text += "| " + cells.joined(separator: " | ") + " |\n"
        }
        return "Medians of \(Self.rounds) rounds (lowest to highest), one thread.\n\n" + text
    }

    private struct Measure {
        /// Microseconds of the proxy's processor time for a request, all its threads together.
        var cpu: Double
        /// Requests in a second.
        var rate: Double
    }

    private func measure(_ row: Row, _ running: Running) throws -> Measure {
        let load = Load(row.shape, port: running.port, expectedBytes: -1, loop: loop, samples: samples)
        load.open(upTo: row.shape.connections)
        load.spin(seconds: 0.3)
        let before = running.meter?.cpuNanoseconds
        let began = Clock.seconds
        load.beginWindow()
        load.spin(seconds: Self.seconds)
        let seconds = Clock.seconds - began
        let after = running.meter?.cpuNanoseconds
        let count = Double(load.window.responses)
        load.finish(graceSeconds: 3)
        guard load.window.errors == 0 else {
            throw BenchFailure("wrong answers: \(load.firstFault ?? "not known"); \(running.log.suffix(600))")
        }
        guard let before, let after, count > 0 else { throw BenchFailure("nothing was measured") }
        return Measure(cpu: Double(after - before) / 1_000 / count, rate: count / seconds)
    }

    private static func cell(_ values: [Double]) -> String {
        let sorted = values.sorted()
        return
            "\(Table.number(sorted[sorted.count / 2])) (\(Table.number(sorted[0])) to \(Table.number(sorted[sorted.count - 1])))"
    }

    /// Everything that is paid for each request: who asks, how fast, three budgets, what it costs, and a line about it.
    private static func sections(folder: String) -> Starter.Governance {
        Starter.Governance(
            top: """
                auth:
                  keys:
                    app: {token: env:BENCH_TOKEN, tenant: acme}
                    web: {token: env:BENCH_AUDIT_KEY, tenant: acme}
                audit: {path: "\(folder)/audit.log", key: env:BENCH_AUDIT_KEY}
                pools:
                  each: {tokens: 900G/month, per: key, parent: team}
                  team: {tokens: 900G/month, requests: 900G/month, per: tenant, parent: org}
                  org: {usd: 900M/month}
                rate_limits:
                  per-key: {by: key, requests: 900M/min, tokens: 900G/min, concurrent: 9k}
                  per-tenant: {by: tenant, requests: 900M/min}

                """,
            provider: "    price: {input: 2.5, output: 10}\n",
            route: "    pool: each\n    limits: [per-key, per-tenant]\n"
        )
    }
}
