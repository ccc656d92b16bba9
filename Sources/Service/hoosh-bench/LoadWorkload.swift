/// How a workload is put to a port, for those that are loads.
extension Workload {
    /// The load; nil for memory and disconnect, which are measured in their own way.
    func shape(_ pace: Pace) -> LoadShape? {
        switch self {
        case .json1: LoadShape(connections: 1, request: Workload.smallAnswer)
        case .json32: LoadShape(connections: 32, request: Workload.smallAnswer)
        case .json256: LoadShape(connections: 256, request: Workload.smallAnswer)
        case .saturated: LoadShape(connections: 32, request: Workload.events(200, bytes: 180))
        case .paced, .crowd:
            // Streams start evenly over one gap, so that their events do not come in one burst.
            LoadShape(
                connections: self == .paced ? 200 : 1000,
                request: Workload.events(
                    Int(pace.pacedSeconds * 20),
                    bytes: 180,
                    gapMicroseconds: 50_000,
                    isStamped: true
                ),
                isRepeating: false,
                staggerNanoseconds: self == .paced ? 250_000 : 50_000,
                isStamped: true
            )
        case .single:
            LoadShape(
                connections: 1,
                request: Workload.events(
                    Int(pace.pacedSeconds * 100),
                    bytes: 180,
                    gapMicroseconds: 10_000,
                    isStamped: true
                ),
                isRepeating: false,
                isStamped: true
            )
        case .firstToken:
            LoadShape(connections: 4, request: Workload.events(3, bytes: 180, gapMicroseconds: 2_000))
        case .chunks:
            LoadShape(connections: 4, request: Workload.events(512, bytes: 64 * 1024))
        case .memory, .disconnect: nil
        }
    }

    /// True when the window ends with the first stream's end.
    var endsWithStream: Bool { self == .paced || self == .crowd || self == .single }

    private static let smallAnswer = LoadRequest(isStream: false, controls: [("body-bytes", "300")])

    /// A stream that says one event and is silent then.
    static let idleStream = LoadRequest(
        isStream: true,
        controls: [("events", "2"), ("event-bytes", "180"), ("pace-ms", "600000")].map { (name: $0.0, value: $0.1) }
    )

    private static func events(
        _ count: Int,
        bytes: Int,
        gapMicroseconds: Int = 0,
        isStamped: Bool = false
    ) -> LoadRequest {
        var controls = [("events", "\(count)"), ("event-bytes", "\(bytes)")]
        if gapMicroseconds > 0 { controls.append(("gap-us", "\(gapMicroseconds)")) }
        if isStamped { controls.append(("stamp", "1")) }
        return LoadRequest(isStream: true, controls: controls.map { (name: $0.0, value: $0.1) })
    }
}
