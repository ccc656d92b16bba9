import Foundation

/// Median and range of one number over the rounds.
struct Spread: Codable {
    let median: Double
    let low: Double
    let high: Double

    init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        low = sorted[0]
        high = sorted[sorted.count - 1]
    }
}

/// One contender in one workload, over all rounds.
struct Row: Codable {
    let workload: Workload
    let contender: Contender
    /// By the metric's name.
    var metrics: [String: Spread] = [:]
    /// The workload's key number divided by nginx's and by haproxy's of the same round; the median of that.
    var ratioToNginx: Spread?
    var ratioToHaproxy: Spread?
    /// Why there is no number: in every round, or the contender was not there.
    var void: String?
    var rounds = 0

    subscript(_ metric: Metric) -> Spread? { metrics[metric.rawValue] }
}

/// What a run came to.
struct Summary: Codable {
    let startedAt: String
    let machine: String
    let versions: [String: String]
    let isQuick: Bool
    let rounds: Int
    var rows: [Row] = []
    /// Every measurement by itself.
    var measured: [Measured] = []

    init(
        _ options: Options,
        _ results: [Measured],
        rounds: Int,
        absent: [Contender: String],
        versions: [String: String]
    ) {
        startedAt = ISO8601DateFormatter().string(from: Date())
        machine = Summary.describeMachine()
        self.versions = versions
        isQuick = options.isQuick
        self.rounds = rounds
        measured = results
        for workload in options.workloads {
            for contender in workload.contenders where options.contenders.contains(contender) {
                rows.append(Summary.row(workload, contender, results, absent[contender]))
            }
        }
    }

    func rows(of workload: Workload) -> [Row] { rows.filter { $0.workload == workload } }

    private static func row(
        _ workload: Workload,
        _ contender: Contender,
        _ results: [Measured],
        _ absence: String?
    ) -> Row {
        var row = Row(workload: workload, contender: contender)
        let all = results.filter { $0.workload == workload && $0.contender == contender }
        let sound = all.filter { $0.void == nil }
        row.rounds = sound.count
        // One void round voids the row: a proxy that is wrong now and then is wrong.
        row.void = absence ?? all.first { $0.void != nil }?.void ?? (all.isEmpty ? "not measured" : nil)
        guard row.void == nil else { return row }
        for metric in workload.metrics {
            row.metrics[metric.rawValue] = Spread(sound.compactMap { $0.metrics[metric] })
        }
        row.ratioToNginx = ratio(workload, sound, to: .nginx, results)
        row.ratioToHaproxy = ratio(workload, sound, to: .haproxy, results)
        return row
    }

    private static func ratio(
        _ workload: Workload,
        _ own: [Measured],
        to other: Contender,
        _ results: [Measured]
    ) -> Spread? {
        Spread(
            own.compactMap { one in
                let base = results.first {
                    $0.workload == workload && $0.contender == other && $0.round == one.round && $0.void == nil
                }
                guard let value = one.metrics[workload.keyMetric], let reference = base?.metrics[workload.keyMetric],
                    reference > 0
                else { return nil }
                return value / reference
            }
        )
    }

    private static func describeMachine() -> String {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name =
            model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
        let release = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
        let linux = release.split(separator: "-").first.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
        return "\(Placement.count) processors (\(name)), Linux \(linux)"
    }
}
