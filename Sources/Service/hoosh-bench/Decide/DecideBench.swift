import Bytes
import CAllocations
import Compiler
import Decision
import Foundation
import RouteModel
import Routing

/// Measures what a decision costs once the facts are there (`--decide`), at four sizes of a route file.
struct DecideBench {
    /// What one size came to; times in nanoseconds.
    struct Row {
        var routes = 0
        var boxes = 0
        var nodes = 0
        var mean = 0.0
        var median = 0.0
        var slowest = 0.0
        var allocations = 0.0
        var compileMilliseconds = 0.0
        var checkMilliseconds = 0.0
    }

    private static let sizes = [20, 100, 1_000, 10_000]
    private static let requests = 4_096
    /// Times a request is decided in a row to get one number.
    private static let repeats = 16

    /// Runs it; the Markdown of the table.
    static func run(engine: Program.Engine) throws -> String {
        let rows = try sizes.map { try measure($0, engine) }
        let heads = [
            "routes", "boxes", "nodes", "mean ns", "p50 ns", "p99 ns", "allocations", "compile ms", "check ms",
        ]
        var text =
            "| " + heads.joined(separator: " | ") + " |\n|" + String(repeating: " ---: |", count: heads.count) + "\n"
        for row in rows {
            let cells = [
                "\(row.routes)", "\(row.boxes)", "\(row.nodes)", Table.number(row.mean), Table.number(row.median),
                Table.number(row.slowest), Table.number(row.allocations), Table.number(row.compileMilliseconds),
                Table.number(row.checkMilliseconds),
            ]
            text += "| " + cells.joined(separator: " | ") + " |\n"
        }
        text += "\n" + (try CheckBench.run())
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        let busy = load.split(separator: " ").prefix(1).joined()
        return "Load average of the machine at the end: \(busy). Engine: \(engine.rawValue).\n\n" + text
    }

    private static func measure(_ size: Int, _ engine: Program.Engine) throws -> Row {
        var maker = DecideDocument(routes: size)
        let document = maker.document
        var row = Row()
        row.routes = size
        row.compileMilliseconds = best(of: size > 1_000 ? 3 : 7) { _ = RouteCompiler.compile(document, engine: engine) }
        let compiled = RouteCompiler.compile(document, engine: engine)
        guard compiled.problems.isEmpty else { throw BenchFailure("the bench's routes do not compile") }
        row.boxes = compiled.program.boxes.count
        row.nodes = compiled.program.nodes.count
        let patterns = HeaderPatterns.matcher()
        row.checkMilliseconds = best(of: 1) {
            for fault in ProgramCheck.faults(compiled, patterns: patterns) { print(fault) }
        }
        let asked = maker.requests(requests).map { compiled.facts(for: $0) }
        let program = compiled.program
        for subject in asked { sum &+= decide(subject, program) }
        let before = callocations_count()
        for subject in asked { sum &+= decide(subject, program) }
        row.allocations = Double(callocations_count() - before) / Double(requests)
        var rounds: [Double] = []
        for _ in 0..<9 {
            let started = now()
            for subject in asked { sum &+= decide(subject, program) }
            rounds.append(Double(now() - started) / Double(requests))
        }
        row.mean = rounds.sorted()[rounds.count / 2]
        var each = asked.map { subject in
            let times = (0..<3).map { _ in
                let started = now()
                for _ in 0..<repeats { sum &+= decide(subject, program) }
                return Double(now() - started) / Double(repeats)
            }
            return times.min() ?? 0
        }
        each.sort()
        row.median = each[each.count / 2]
        row.slowest = each[each.count * 99 / 100]
        return row
    }

    /// Keeps the answers, so that no decision is left out as unused; decisions are measured on the main thread alone.
    nonisolated(unsafe) private static var sum = 0

    @inline(never)
    private static func decide(_ subject: borrowing Compiled.Subject, _ program: Program) -> Int {
        let answer = program.decide(
            subject.facts,
            model: subject.model.span,
            head: subject.head.span,
            identity: subject.identity.span
        )
        if case .route(let route) = answer { return route }
        return -1
    }

    /// The least processor time of some rounds, in milliseconds.
    static func best(of rounds: Int, _ work: () -> Void) -> Double {
        (0..<rounds).map { _ in
            let started = worked()
            work()
            return Double(worked() - started) / 1_000_000
        }.min() ?? 0
    }

    private static func now() -> Int { read(CLOCK_MONOTONIC) }

    /// The thread's own processor time, which neighbours do not add to.
    private static func worked() -> Int { read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }
}
