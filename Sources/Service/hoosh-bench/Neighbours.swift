import Foundation

/// Processor time that others on this machine used during a window, which makes its numbers worse.
struct Neighbours {
    private let busySeconds: Double
    private let ownSeconds: Double
    private let at: Double
    private let pids: [pid_t]

    /// Begins a window; `pids` are the processes that belong to the measurement, besides the bench itself.
    init(pids: [pid_t]) {
        self.pids = pids
        busySeconds = Neighbours.busy()
        ownSeconds = Neighbours.own(pids)
        at = Clock.seconds
    }

    /// The share of all processors that others have used since; stolen time counts as theirs.
    var share: Double {
        let seconds = (Clock.seconds - at) * Double(Placement.count)
        let others = (Neighbours.busy() - busySeconds) - (Neighbours.own(pids) - ownSeconds)
        return seconds > 0 ? min(1, max(0, others / seconds)) : 0
    }

    private static func busy() -> Double {
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        guard let line = text.split(separator: "\n").first else { return 0 }
        let ticks = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        // user nice system idle iowait irq softirq steal
        guard ticks.count >= 8 else { return 0 }
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func own(_ pids: [pid_t]) -> Double {
        let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        return ([getpid()] + pids).reduce(0) { total, pid in
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return total }
            let fields = text[text.index(after: end)...].split(separator: " ")
            // utime and stime are fields 14 and 15 of all, 12 and 13 of those behind the name.
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
                return total
            }
            return total + (user + system) / ticksPerSecond
        }
    }
}
