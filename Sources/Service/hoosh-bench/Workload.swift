/// What is asked of every contender.
enum Workload: String, CaseIterable, Codable {
    case json1 = "json-1"
    case json32 = "json-32"
    case json256 = "json-256"
    case saturated = "events-saturated"
    case paced = "events-paced"
    case crowd = "events-paced-1000"
    case single = "event-single"
    case firstToken = "first-token"
    case chunks = "chunks-64k"
    case memory
    case disconnect

    /// A line for the reader of the table.
    var title: String {
        switch self {
        case .json1: "Small chat answer, 1 connection"
        case .json32: "Small chat answer, 32 connections"
        case .json256: "Small chat answer, 256 connections"
        case .saturated: "Streams of 200 events of 180 B back to back, 32 connections"
        case .paced: "200 streams, 20 events of 180 B per second each"
        case .crowd: "1,000 streams, 20 events of 180 B per second each"
        case .single: "One stream, 100 events of 180 B per second"
        case .firstToken: "Time to first token, 4 connections, short streams"
        case .chunks: "Streams of 64 KiB events, 4 connections"
        case .memory: "Memory, at start and per idle open stream"
        case .disconnect: "Client leaves mid-stream: until the upstream sees it"
        }
    }

    /// The number that stands for the workload, and for the ratios.
    var keyMetric: Metric {
        switch self {
        case .json1, .json32, .json256: .cpuPerRequest
        case .saturated, .paced, .crowd: .cpuPerEvent
        case .single: .addedEventP50
        case .firstToken: .addedFirstP50
        case .chunks: .gigabytesPerCPU
        case .memory: .privatePerStream9000
        case .disconnect: .disconnectP50
        }
    }

    /// The columns of its table.
    var metrics: [Metric] {
        switch self {
        case .json1, .json32, .json256: [.requestRate, .p50, .p99, .addedP50, .addedP99, .cpuPerRequest]
        case .saturated: [.eventRate, .cpuPerEvent]
        case .paced, .crowd: [.cpuPerEvent, .addedEventP50, .addedEventP99, .addedGapP50, .addedGapP99]
        case .single: [.eventP50, .addedEventP50, .addedEventP99, .cpuPerEvent]
        case .firstToken: [.firstP50, .addedFirstP50, .addedFirstP99]
        case .chunks: [.gigabyteRate, .gigabytesPerCPU]
        case .memory:
            [
                .privateAtStart, .residentAtStart, .privatePerStream5000, .privatePerStream9000, .residentPerStream5000,
                .residentPerStream9000,
            ]
        case .disconnect: [.disconnectP50, .disconnectP99]
        }
    }

    /// Who takes part.
    var contenders: [Contender] {
        switch self {
        case .memory: Contender.allCases.filter { $0 != .direct && $0 != .nginxLarge }
        case .chunks: Contender.allCases
        default: Contender.allCases.filter { $0 != .nginxLarge }
        }
    }

    /// What about a measurement takes, for the progress line.
    func seconds(_ pace: Pace) -> Double {
        switch self {
        case .json1, .json32, .json256, .saturated, .firstToken, .chunks: pace.loadSeconds + 0.35
        case .paced, .crowd, .single: pace.pacedSeconds + 0.4
        case .memory: 4
        case .disconnect: 1.5
        }
    }
}

/// How long the pieces of a run take.
struct Pace {
    var rounds = 5
    var loadSeconds = 1.1
    var pacedSeconds = 2.2
    /// Memory does not vary as times do.
    var memoryRounds = 2
    /// No round begins that would end later than this, whatever `rounds` says.
    var limitSeconds = 700.0

    static let full = Pace()
    static let quick = Pace(rounds: 2, loadSeconds: 0.5, pacedSeconds: 1.2, memoryRounds: 1, limitSeconds: 170)
}

/// One number of one workload.
enum Metric: String, CaseIterable, Codable {
    case requestRate = "requests_per_second"
    case p50 = "p50_us"
    case p99 = "p99_us"
    case addedP50 = "added_p50_us"
    case addedP99 = "added_p99_us"
    case cpuPerRequest = "cpu_us_per_request"
    case eventRate = "events_per_second"
    case cpuPerEvent = "cpu_us_per_event"
    case eventP50 = "event_p50_us"
    case eventP99 = "event_p99_us"
    case addedEventP50 = "added_event_p50_us"
    case addedEventP99 = "added_event_p99_us"
    case gapP50 = "gap_error_p50_us"
    case gapP99 = "gap_error_p99_us"
    case addedGapP50 = "added_gap_error_p50_us"
    case addedGapP99 = "added_gap_error_p99_us"
    case firstP50 = "first_token_p50_us"
    case firstP99 = "first_token_p99_us"
    case addedFirstP50 = "added_first_token_p50_us"
    case addedFirstP99 = "added_first_token_p99_us"
    case gigabyteRate = "gigabytes_per_second"
    case gigabytesPerCPU = "gigabytes_per_cpu_second"
    case privateAtStart = "private_at_start_mib"
    case residentAtStart = "resident_at_start_mib"
    case privatePerStream5000 = "private_per_stream_at_5000_kib"
    case privatePerStream9000 = "private_per_stream_at_9000_kib"
    case residentPerStream5000 = "resident_per_stream_at_5000_kib"
    case residentPerStream9000 = "resident_per_stream_at_9000_kib"
    case disconnectP50 = "disconnect_p50_ms"
    case disconnectP99 = "disconnect_p99_ms"

    /// The head of its column.
    var heading: String {
        switch self {
        case .requestRate: "req/s"
        case .p50: "p50 µs"
        case .p99: "p99 µs"
        case .addedP50: "added p50 µs"
        case .addedP99: "added p99 µs"
        case .cpuPerRequest: "CPU µs/req"
        case .eventRate: "events/s"
        case .cpuPerEvent: "CPU µs/event"
        case .eventP50: "event p50 µs"
        case .eventP99: "event p99 µs"
        case .addedEventP50: "added/event p50 µs"
        case .addedEventP99: "added/event p99 µs"
        case .gapP50: "gap error p50 µs"
        case .gapP99: "gap error p99 µs"
        case .addedGapP50: "added gap p50 µs"
        case .addedGapP99: "added gap p99 µs"
        case .firstP50: "first token p50 µs"
        case .firstP99: "first token p99 µs"
        case .addedFirstP50: "added TTFT p50 µs"
        case .addedFirstP99: "added TTFT p99 µs"
        case .gigabyteRate: "GB/s"
        case .gigabytesPerCPU: "GB/CPU s"
        case .privateAtStart: "private at start MiB"
        case .residentAtStart: "RSS at start MiB"
        case .privatePerStream5000: "private KiB/stream @5000"
        case .privatePerStream9000: "@9000"
        case .residentPerStream5000: "RSS KiB/stream @5000"
        case .residentPerStream9000: "RSS @9000"
        case .disconnectP50: "p50 ms"
        case .disconnectP99: "p99 ms"
        }
    }

    /// The absolute number that the added one is made from, by taking away the same round's direct one.
    var addedFrom: Metric? {
        switch self {
        case .addedP50: .p50
        case .addedP99: .p99
        case .addedEventP50: .eventP50
        case .addedEventP99: .eventP99
        case .addedGapP50: .gapP50
        case .addedGapP99: .gapP99
        case .addedFirstP50: .firstP50
        case .addedFirstP99: .firstP99
        default: nil
        }
    }

    /// More of it is better.
    var isRate: Bool {
        switch self {
        case .requestRate, .eventRate, .gigabyteRate, .gigabytesPerCPU: true
        default: false
        }
    }
}
