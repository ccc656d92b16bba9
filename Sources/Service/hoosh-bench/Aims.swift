/// What hoosh-proxy aims at, as ratios within the same run, and whether the run got there.
struct Aims {
    let summary: Summary

    fileprivate struct Aim {
        let text: String
        let workload: Workload
        let metric: Metric
        /// Divides by nginx's number; the bound is absolute otherwise.
        let isRatio: Bool
        let bound: Double
        let wantsMore: Bool
    }

    private static let aims = [
        Aim("CPU per small request, 32 connections, at most nginx's", .json32, .cpuPerRequest, ratio: 1),
        Aim("CPU per event back to back, at most nginx's", .saturated, .cpuPerEvent, ratio: 1),
        Aim("CPU per event paced, 200 streams, at most nginx's", .paced, .cpuPerEvent, ratio: 1),
        Aim("CPU per event paced, 1,000 streams, at most nginx's", .crowd, .cpuPerEvent, ratio: 1),
        Aim(
            "bytes per CPU second at 64 KiB, at least 2 × nginx's",
            .chunks,
            .gigabytesPerCPU,
            ratio: 2,
            wantsMore: true
        ),
        Aim("one paced stream's added p50, at most nginx's", .single, .addedEventP50, ratio: 1),
        Aim("private memory per idle stream at 9,000, below 4 KiB", .memory, .privatePerStream9000, bound: 4),
        Aim("resident at start, below 16 MiB", .memory, .residentAtStart, bound: 16),
        Aim("upstream told of a client's leaving, p99 below 50 ms", .disconnect, .disconnectP99, bound: 50),
        Aim("added time to first token, p99 below 250 µs", .firstToken, .addedFirstP99, bound: 250),
        Aim("added inter-event gap, p99 below 20 µs", .paced, .addedGapP99, bound: 20),
    ]

    /// A Markdown table: the aim, and for each setting of `splice` what was measured.
    var text: String {
        let settings: [Contender] = [.hooshAlways, .hooshAuto, .hooshNone]
        let lines = Aims.aims.compactMap { aim -> String? in
            let cells = settings.map { cell(aim, $0) }
            if cells.allSatisfy({ $0 == "–" }) { return nil }
            return "| \(aim.text) | " + cells.joined(separator: " | ") + " |"
        }
        guard !lines.isEmpty else { return "" }
        let head = "| aim | splice: always | auto | none |\n| --- | ---: | ---: | ---: |\n"
        return "\n### Aims\n\n" + head + lines.joined(separator: "\n") + "\n"
    }

    private func cell(_ aim: Aim, _ contender: Contender) -> String {
        let rows = summary.rows(of: aim.workload)
        guard let own = rows.first(where: { $0.contender == contender })?[aim.metric]?.median else { return "–" }
        var value = own
        if aim.isRatio {
            // Of the rounds' ratios, as in the tables; every aim of this kind is about its workload's key number.
            guard let ratio = rows.first(where: { $0.contender == contender })?.ratioToNginx?.median else { return "–" }
            value = ratio
        }
        let isMet = aim.wantsMore ? value >= aim.bound : value <= aim.bound
        return "\(Table.number(value))\(aim.isRatio ? " ×" : "") \(isMet ? "met" : "**missed**")"
    }
}

extension Aims.Aim {
    fileprivate init(_ text: String, _ workload: Workload, _ metric: Metric, ratio: Double, wantsMore: Bool = false) {
        self.init(text: text, workload: workload, metric: metric, isRatio: true, bound: ratio, wantsMore: wantsMore)
    }

    fileprivate init(_ text: String, _ workload: Workload, _ metric: Metric, bound: Double) {
        self.init(text: text, workload: workload, metric: metric, isRatio: false, bound: bound, wantsMore: false)
    }
}
