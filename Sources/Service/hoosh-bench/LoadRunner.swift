import Loop

/// Metrics of one contender in one round, or why there are none.
struct Measured: Codable {
    let workload: Workload
    let contender: Contender
    let round: Int
    var metrics: [Metric: Double] = [:]
    var errors = 0
    /// Why the row counts for nothing.
    var void: String?
    /// Processor time of the load's own thread over the window, to see which side was the limit.
    var loadCPU: Double?
    /// Share of the machine that programs outside the measurement took meanwhile.
    var neighbourShare: Double?

    mutating func set(_ names: [Metric], _ values: [Double]?) {
        guard let values else { return }
        for (name, value) in zip(names, values) { metrics[name] = value }
    }
}

/// Puts loads to contenders.
struct LoadRunner {
    let loop: EventLoop
    let samples: SampleRoom
    let pace: Pace
    /// The upstream's processes.
    let upstream: ProcessMeter

    /// Asks once and says what the answer came to; fails when it did not end well within ten seconds.
    func probe(_ request: LoadRequest, port: UInt16) throws -> PayloadTally {
        var shape = LoadShape(connections: 1, request: request, isRepeating: false)
        shape.isHashing = true
        // Pauses change no byte.
        shape.request.controls.removeAll { $0.name == "gap-us" }
        let load = Load(shape, port: port, expectedBytes: -1, loop: loop, samples: samples)
        load.open(upTo: 1)
        load.spin(seconds: 10) { load.window.wholeAnswers == 1 || load.window.errors > 0 }
        defer { load.abandon() }
        if load.window.wholeAnswers == 1, load.window.errors == 0 { return load.lastAnswer }
        load.noteStalls()
        throw BenchFailure("wrong answer: \(load.firstFault ?? "none")")
    }

    /// Runs one load against one contender.
    func run(_ workload: Workload, _ running: Running, round: Int, expectedBytes: Int) -> Measured {
        var result = Measured(workload: workload, contender: running.contender, round: round)
        guard let shape = workload.shape(pace) else { return result }
        let load = Load(shape, port: running.port, expectedBytes: expectedBytes, loop: loop, samples: samples)
        load.open(upTo: shape.connections)
        if workload.endsWithStream {
            load.spin(seconds: 5) { load.startedCount >= shape.connections }
        } else {
            load.spin(seconds: 0.25)
        }
        let neighbours = Neighbours(pids: upstream.pids + (running.meter?.pids ?? []))
        let before = running.meter?.cpuNanoseconds
        load.beginWindow()
        let begin = Clock.seconds
        let ownBefore = Clock.ownCPUSeconds
        load.spin(seconds: workload.endsWithStream ? pace.pacedSeconds : pace.loadSeconds) {
            workload.endsWithStream && load.window.responses > 0
        }
        let seconds = Clock.seconds - begin
        let after = running.meter?.cpuNanoseconds
        result.neighbourShare = neighbours.share
        let window = load.window
        result.loadCPU = (Clock.ownCPUSeconds - ownBefore) / seconds
        read(window, seconds, load, workload, &result)
        load.finish(graceSeconds: 3)
        result.errors = load.window.errors
        chargeCPU(before, after, window, &result)
        if result.errors > 0 {
            result.void = "\(result.errors) wrong answers; the first: \(load.firstFault ?? "not known")"
        }
        if load.window.wholeAnswers == 0 { result.void = "no whole answer" }
        if result.void != nil { result.metrics = [:] }
        return result
    }

    private func read(
        _ window: LoadWindow,
        _ seconds: Double,
        _ load: Load,
        _ workload: Workload,
        _ result: inout Measured
    ) {
        result.metrics[.requestRate] = Double(window.responses) / seconds
        result.metrics[.eventRate] = Double(window.events) / seconds
        result.metrics[.gigabyteRate] = Double(window.bytes) / seconds / 1e9
        result.set([.firstP50, .firstP99], load.firstByte.quantilesMicroseconds([0.5, 0.99]))
        if !workload.endsWithStream { result.set([.p50, .p99], load.latency.quantilesMicroseconds([0.5, 0.99])) }
        result.set([.eventP50, .eventP99], load.eventLatency.quantilesMicroseconds([0.5, 0.99]))
        result.set([.gapP50, .gapP99], load.gapError.quantilesMicroseconds([0.5, 0.99]))
    }

    private func chargeCPU(_ before: Int64?, _ after: Int64?, _ window: LoadWindow, _ result: inout Measured) {
        if result.contender == .direct { return }
        guard let before, let after, after > before else {
            result.void = "the proxy's own CPU time is unknown"
            return
        }
        let cpu = Double(after - before)
        if window.responses > 0 { result.metrics[.cpuPerRequest] = cpu / 1000 / Double(window.responses) }
        if window.events > 0 { result.metrics[.cpuPerEvent] = cpu / 1000 / Double(window.events) }
        result.metrics[.gigabytesPerCPU] = Double(window.bytes) / cpu
    }
}
