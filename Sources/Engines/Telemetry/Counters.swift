import Bytes

/// What one loop counted; plain numbers, because only that loop writes them.
///
/// A scrape asks every loop for a copy by message, so nothing on the request path is atomic or locked.
package struct Counters: Sendable {
    /// One entry for each provider the process has known; names keep their rows across reloads.
    package var providers: [ProviderCounters]
    /// One entry for each route the process has known, the first for requests that matched none.
    package var routes: [StatusCounts]
    /// One entry for each key the process has known: what its requests were answered.
    package var keys: [StatusCounts] = []
    /// Requests that nobody was let in with, by the reason's word.
    package var denied: [String: Int] = [:]
    /// Requests refused before routing (malformed, too large, unknown path), by status.
    package var refused = StatusCounts()
    /// Connections accepted, and open now.
    package var connectionsAccepted = 0
    package var connectionsOpen = 0
    /// Accepts turned away at `listen.max_connections`.
    package var connectionsRefused = 0
    /// Clients that left before their answer was complete (logged as 499).
    package var clientsLeft = 0

    /// Requests routed, by class: the raw values of `Level`.
    package var classes = [0, 0, 0, 0]
    /// Connections that were not made because their provider may not see the request's class or tags, although the
    /// plan had it: anything but 0 is a defect of the compiler that the last check caught.
    package var privacyStops = 0
    /// Answers that content rules kept back.
    package var answersBlocked = 0

    /// Calls of tools, by the server's name in the route file; kept by the loop that speaks to the servers.
    package var tools: [String: ToolCounters] = [:]

    package init(providers: Int, routes: Int) {
        self.providers = Array(repeating: ProviderCounters(), count: providers)
        self.routes = Array(repeating: StatusCounts(), count: routes)
    }

    /// Makes room for names that came with a reload.
    package mutating func grow(providers: Int, routes: Int, keys: Int = 0) {
        while self.keys.count < keys { self.keys.append(StatusCounts()) }
        while self.providers.count < providers { self.providers.append(ProviderCounters()) }
        while self.routes.count < routes { self.routes.append(StatusCounts()) }
    }

    /// Adds another loop's numbers.
    package mutating func add(_ other: Counters) {
        grow(providers: other.providers.count, routes: other.routes.count, keys: other.keys.count)
        for index in other.keys.indices { keys[index].add(other.keys[index]) }
        denied.merge(other.denied) { $0 + $1 }
        for index in other.providers.indices { providers[index].add(other.providers[index]) }
        for index in other.routes.indices { routes[index].add(other.routes[index]) }
        for index in other.classes.indices { classes[index] += other.classes[index] }
        privacyStops += other.privacyStops
        answersBlocked += other.answersBlocked
        refused.add(other.refused)
        connectionsAccepted += other.connectionsAccepted
        connectionsOpen += other.connectionsOpen
        connectionsRefused += other.connectionsRefused
        clientsLeft += other.clientsLeft
        for (name, counted) in other.tools { tools[name, default: ToolCounters()].add(counted) }
    }
}

/// What was counted of the tools of one MCP server.
package struct ToolCounters: Sendable {
    /// Calls by how they ended.
    package var outcomes: [String: Int] = [:]
    /// From the client's call to its answer.
    package var latency = Histogram()
    /// Times the server was started, or a session with it begun.
    package var starts = 0
    /// True while it can be asked.
    package var isUp = false

    package init() {}

    package mutating func add(_ other: ToolCounters) {
        outcomes.merge(other.outcomes) { $0 + $1 }
        latency.add(other.latency)
        starts += other.starts
        isUp = isUp || other.isUp
    }
}

/// How often each HTTP status was given.
package struct StatusCounts: Sendable {
    private var counts: [Int] = []

    package init() {}

    /// Counts one answer; statuses outside 100...599 are not counted.
    package mutating func count(_ status: Int) {
        guard (100...599).contains(status) else { return }
        if counts.isEmpty { counts = Array(repeating: 0, count: 500) }
        counts[status - 100] += 1
    }

    /// The statuses that occurred, in order.
    package var present: [(status: Int, count: Int)] {
        counts.indices.filter { counts[$0] > 0 }.map { ($0 + 100, counts[$0]) }
    }

    package mutating func add(_ other: StatusCounts) {
        if counts.isEmpty {
            counts = other.counts
            return
        }
        for index in other.counts.indices { counts[index] += other.counts[index] }
    }
}

/// Why a try gave no usable answer.
package enum TryFailure: Int, CaseIterable, Sendable {
    case connect, connectTimeout, reset, firstByteTimeout, idleTimeout, totalTimeout, malformed, status, unfinished
    /// The proxy itself had no file descriptor left.
    case shortage

    /// The value of the metric's `reason` label.
    package var word: String {
        switch self {
        case .connect: "connect"
        case .connectTimeout: "connect_timeout"
        case .reset: "reset"
        case .firstByteTimeout: "first_byte_timeout"
        case .idleTimeout: "idle_timeout"
        case .totalTimeout: "total_timeout"
        case .malformed: "malformed"
        case .status: "status"
        case .unfinished: "unfinished"
        case .shortage: "no_descriptor"
        }
    }
}

/// What one loop counted of one provider.
package struct ProviderCounters: Sendable {
    /// Tries begun, and running now.
    package var tries = 0
    package var inFlight = 0
    /// Statuses its answers had, retried ones included.
    package var statuses = StatusCounts()
    /// Indexed by `TryFailure.rawValue`.
    package var failures = Array(repeating: 0, count: TryFailure.allCases.count)
    /// From the request sent to the first body byte.
    package var firstByte = Histogram()
    /// Body bytes carried to clients, by the way they took.
    package var bytesSpliced = 0
    package var bytesCopied = 0
    /// Events of event streams.
    package var events = 0
    package var connectionsOpened = 0
    package var connectionsReused = 0
    package var connectionsIdle = 0
    /// Tokens by the provider's own count, and estimated where it has none.
    package var prompt = TokenCounts()
    package var completion = TokenCounts()
    /// Of those the provider counted: read from a cache, written to one, thinking.
    package var cachedTokens = 0
    package var cacheWriteTokens = 0
    package var reasoningTokens = 0

    package init() {}

    package mutating func add(_ other: ProviderCounters) {
        tries += other.tries
        inFlight += other.inFlight
        statuses.add(other.statuses)
        for index in failures.indices { failures[index] += other.failures[index] }
        firstByte.add(other.firstByte)
        bytesSpliced += other.bytesSpliced
        bytesCopied += other.bytesCopied
        events += other.events
        connectionsOpened += other.connectionsOpened
        connectionsReused += other.connectionsReused
        connectionsIdle += other.connectionsIdle
        prompt.add(other.prompt)
        completion.add(other.completion)
        cachedTokens.add(bounded: other.cachedTokens)
        cacheWriteTokens.add(bounded: other.cacheWriteTokens)
        reasoningTokens.add(bounded: other.reasoningTokens)
    }
}

/// Tokens by who counted them.
package struct TokenCounts: Sendable {
    /// By the provider's usage objects.
    package private(set) var counted = 0
    /// By the size of the text.
    package private(set) var estimated = 0

    package init() {}

    package mutating func add(_ count: Int, isEstimate: Bool) {
        // A provider may say any number.
        if isEstimate { estimated.add(bounded: count) } else { counted.add(bounded: count) }
    }

    package mutating func add(_ other: TokenCounts) {
        counted.add(bounded: other.counted)
        estimated.add(bounded: other.estimated)
    }
}

/// Durations in buckets, for Prometheus.
package struct Histogram: Sendable {
    /// Upper bounds in microseconds: from a local cache hit to a reasoning model's long silence.
    package static let boundsMicroseconds: [Int64] = [
        500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 30_000_000, 60_000_000,
    ]
    private var counts = Array(repeating: 0, count: Histogram.boundsMicroseconds.count + 1)
    /// Sum of all durations, in microseconds.
    package private(set) var sumMicroseconds: Int64 = 0

    package init() {}

    package mutating func record(microseconds: Int64) {
        sumMicroseconds += microseconds
        var index = 0
        while index < Histogram.boundsMicroseconds.count, microseconds > Histogram.boundsMicroseconds[index] {
            index += 1
        }
        counts[index] += 1
    }

    /// Counts up to each bound, then the count of all.
    package var cumulative: [Int] {
        var total = 0
        return counts.map { count in
            total += count
            return total
        }
    }

    package mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        sumMicroseconds += other.sumMicroseconds
    }
}
