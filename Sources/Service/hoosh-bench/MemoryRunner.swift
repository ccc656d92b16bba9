import Glibc
import Loop

/// Measures what open streams cost while they are silent.
struct MemoryRunner {
    let loop: EventLoop
    let samples: SampleRoom
    let starter: Starter

    /// Starts the contender anew, opens 5,000 and then 9,000 streams, each with one event behind it.
    func run(_ contender: Contender, upstreamPort: UInt16, round: Int) -> Measured {
        var result = Measured(workload: .memory, contender: contender, round: round)
        do {
            let running = try starter.start(contender, upstreamPort: upstreamPort, tag: "memory")
            defer { running.end() }
            usleep(200_000)
            guard let meter = running.meter, let start = meter.memoryKiB else {
                result.void = "the kernel does not tell the memory of the process"
                return result
            }
            result.metrics[.privateAtStart] = start.own / 1024
            result.metrics[.residentAtStart] = start.resident / 1024
            let shape = LoadShape(connections: 9000, request: Workload.idleStream, isRepeating: false)
            let load = Load(shape, port: running.port, expectedBytes: -1, loop: loop, samples: samples)
            defer { load.abandon() }
            for (count, names) in MemoryRunner.steps {
                load.open(upTo: count)
                load.spin(seconds: 5) { load.startedCount >= count }
                load.spin(seconds: 0.3)
                guard load.startedCount == count, load.busyCount == count, let now = meter.memoryKiB else {
                    throw BenchFailure("only \(load.busyCount) of \(count) streams are open")
                }
                result.metrics[names.own] = (now.own - start.own) / Double(count)
                result.metrics[names.resident] = (now.resident - start.resident) / Double(count)
            }
            result.errors = load.window.errors
            if result.errors > 0 { result.void = "\(result.errors) streams broke" }
        } catch {
            result.void = "\(error)"
        }
        if result.void != nil { result.metrics = [:] }
        return result
    }

    private static let steps: [(Int, (own: Metric, resident: Metric))] = [
        (5000, (.privatePerStream5000, .residentPerStream5000)),
        (9000, (.privatePerStream9000, .residentPerStream9000)),
    ]
}
