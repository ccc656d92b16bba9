import Foundation

/// What the kernel has written down about the processes of one contender.
struct ProcessMeter {
    let pids: [pid_t]

    /// The process and those it has started (nginx's worker, haproxy's).
    init(root: pid_t) {
        var found = [root]
        var index = 0
        while index < found.count {
            let path = "/proc/\(found[index])/task/\(found[index])/children"
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            found += text.split(separator: " ").compactMap { pid_t($0) }
            index += 1
        }
        pids = found
    }

    /// Nanoseconds on a processor so far, all threads together; nil when the kernel does not say.
    ///
    /// `schedstat` counts in nanoseconds where `stat` counts ticks of 10 ms.
    var cpuNanoseconds: Int64? {
        var total: Int64 = 0
        for pid in pids {
            guard let tasks = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task") else {
                return nil
            }
            for task in tasks {
                let path = "/proc/\(pid)/task/\(task)/schedstat"
                guard let text = try? String(contentsOfFile: path, encoding: .utf8),
                    let first = text.split(separator: " ").first, let value = Int64(first)
                else { return nil }
                total += value
            }
        }
        return total
    }

    /// Private and resident memory in KiB; nil when the kernel does not say.
    var memoryKiB: (own: Double, resident: Double)? {
        var privateKiB = 0.0
        var residentKiB = 0.0
        for pid in pids {
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8) else {
                return nil
            }
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                guard words.count >= 2, let value = Double(words[1]) else { continue }
                if words[0] == "Rss:" { residentKiB += value }
                if words[0] == "Private_Clean:" || words[0] == "Private_Dirty:" { privateKiB += value }
            }
        }
        return (privateKiB, residentKiB)
    }
}
