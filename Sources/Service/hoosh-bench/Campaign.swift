import Foundation
import Loop

/// All rounds of a run.
///
/// Contenders stay up from start to end and wait their turn; within a round each workload goes to all of them one
/// after the other, and each round begins with another one, so that a slow minute of the machine hits all alike.
final class Campaign {
    private let options: Options
    private let starter: Starter
    private let loop = EventLoop()
    private let samples = SampleRoom()
    private var progress: Progress
    /// Contenders that could not take part, and why.
    private(set) var absent: [Contender: String] = [:]
    private(set) var results: [Measured] = []
    private(set) var roundsDone = 0
    private var running: [Contender: Running] = [:]
    private var expectedBytes: [Workload: Int] = [:]
    /// Contender and workload whose answer differed from the mock's own.
    private var wrong: [String: String] = [:]

    init(_ options: Options, _ paths: Paths) {
        self.options = options
        starter = Starter(paths: paths)
        progress = Progress(totalSeconds: Campaign.estimate(options))
    }

    func run() throws {
        let mock = try starter.startMock()
        defer { mock.child.end() }
        startAll(mock.port)
        defer { for one in running.values { one.end() } }
        let runner = LoadRunner(
            loop: loop,
            samples: samples,
            pace: options.pace,
            upstream: ProcessMeter(root: mock.child.pid)
        )
        try verify(runner, mock.port)
        let startedAt = Clock.seconds
        var longestRound = 0.0
        for round in 1...options.pace.rounds {
            let roundStartedAt = Clock.seconds
            if roundStartedAt - startedAt + longestRound > options.pace.limitSeconds {
                progress.say("stopping after \(round - 1) rounds: the next would take longer than the run may")
                break
            }
            for workload in options.workloads {
                let order = rotated(workload.contenders.filter { options.contenders.contains($0) }, by: round - 1)
                for contender in order where absent[contender] == nil {
                    measure(workload, contender, round, runner, mock.port)
                }
            }
            addDifferences(round)
            roundsDone = round
            longestRound = max(longestRound, Clock.seconds - roundStartedAt)
        }
        Child.stopIfInterrupted()
        progress.finish()
    }

    private func startAll(_ upstreamPort: UInt16) {
        for contender in options.contenders {
            do {
                running[contender] = try starter.start(contender, upstreamPort: upstreamPort, tag: "main")
            } catch {
                absent[contender] = "\(error)"
                progress.say("leaving out \(contender.rawValue): \(error)")
            }
        }
    }

    /// Compares one answer of each contender, byte for byte, with what the mock itself says.
    private func verify(_ runner: LoadRunner, _ upstreamPort: UInt16) throws {
        for workload in options.workloads {
            guard let shape = workload.shape(options.pace) else { continue }
            let own = try runner.probe(shape.request, port: upstreamPort)
            expectedBytes[workload] = own.byteCount
            for (contender, one) in running where workload.contenders.contains(contender) {
                let key = "\(workload.rawValue) \(contender.rawValue)"
                let answer: PayloadTally
                do { answer = try runner.probe(shape.request, port: one.port) } catch {
                    wrong[key] = "\(error)"
                    continue
                }
                let isSame = answer.byteCount == own.byteCount && (shape.isStamped || answer.hash == own.hash)
                if !isSame { wrong[key] = "the answer differs from the upstream's" }
            }
        }
    }

    private func measure(
        _ workload: Workload,
        _ contender: Contender,
        _ round: Int,
        _ runner: LoadRunner,
        _ upstreamPort: UInt16
    ) {
        Child.stopIfInterrupted()
        progress.begin("\(workload.rawValue), \(contender.shortName)", round, options.pace.rounds)
        defer { progress.advance(workload.seconds(options.pace)) }
        switch workload {
        case .memory:
            guard round <= options.pace.memoryRounds else { return }
            let memory = MemoryRunner(loop: loop, samples: samples, starter: starter)
            results.append(memory.run(contender, upstreamPort: upstreamPort, round: round))
        case .disconnect:
            results.append(DisconnectRunner(loop: loop, starter: starter).run(contender, round: round))
        default:
            guard let one = running[contender] else { return }
            var result: Measured
            if let reason = wrong["\(workload.rawValue) \(contender.rawValue)"] {
                result = Measured(workload: workload, contender: contender, round: round)
                result.void = reason
            } else if one.isAlive {
                result = runner.run(workload, one, round: round, expectedBytes: expectedBytes[workload] ?? -1)
            } else {
                result = Measured(workload: workload, contender: contender, round: round)
                result.void = "the process has ended"
            }
            results.append(result)
        }
        if let reason = results.last?.void {
            progress.say("void: \(workload.rawValue), \(contender.rawValue): \(reason)")
        }
    }

    /// Fills in the added times of a round: each less the direct one of the same round.
    private func addDifferences(_ round: Int) {
        for index in results.indices where results[index].round == round && results[index].void == nil {
            let workload = results[index].workload
            guard
                let direct = results.first(where: {
                    $0.round == round && $0.workload == workload && $0.contender == .direct && $0.void == nil
                })
            else { continue }
            for metric in Metric.allCases {
                guard let source = metric.addedFrom, let value = results[index].metrics[source],
                    let base = direct.metrics[source], results[index].contender != .direct
                else { continue }
                results[index].metrics[metric] = value - base
            }
        }
    }

    private func rotated(_ list: [Contender], by count: Int) -> [Contender] {
        guard !list.isEmpty else { return [] }
        let start = count % list.count
        return Array(list[start...] + list[..<start])
    }

    private static func estimate(_ options: Options) -> Double {
        var total = 0.0
        for workload in options.workloads {
            let count = Double(workload.contenders.filter { options.contenders.contains($0) }.count)
            total += count * workload.seconds(options.pace) * Double(options.pace.rounds)
        }
        return total
    }
}
