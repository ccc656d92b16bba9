import Budgets
import Compiler
import Decision
import Glibc
import Limits
import Lint
import Providers
import Report
import RouteLanguage
import RouteModel
import Zones

/// Where configurations come from: a route file with all that it includes, checked and compiled.
package struct ConfigurationSource: Sendable {
    /// The root file.
    package var path: String
    /// What answers: the tree, or one of the engines that it is checked against (`routes.md` A7).
    package var engine = Program.Engine.tree
    /// Compares what `transform` made with the document before it serves (`routes.md` 3.6.5).
    package var checksProgram = true
    /// Changes what was compiled; tests damage a program here.
    package var transform: (@Sendable (Compiled) -> Compiled)?

    package init(path: String) { self.path = path }

    /// What may serve.
    struct Ready: Sendable {
        let configuration: Configuration
        let compiled: Compiled
        /// Windows by bit, with their zones.
        let windows: [(window: TimeWindow, zone: Zone)]
        /// The zones of pools, by name.
        let zones: [String: Zone]
        /// All files' bytes one behind the other: what names the configuration.
        let bytes: [UInt8]
        /// What is in the files that `tls` names, by position of the provider; libcurl reads them with each connection.
        let identities: [[UInt8]]
        /// Questions that are asked before anybody does.
        let warm: WarmList?
    }

    /// What came of reading the files once.
    struct Reading {
        /// Everything found.
        var problems: Problems
        /// In what the compiled program differs from the file, and what else is missing on this machine.
        var faults: [String] = []
        /// Nil when an error or a fault forbids it.
        var ready: Ready?
        /// Files that were read.
        var files: [String]
        /// Files that these name for their content: secrets, certificates.
        var namedFiles: [String] = []

        /// The problems as `lint-v1`.
        var json: String { Render(problems).text(.json, files: files) }

        /// Why it may not serve, in one line.
        func refusal(of path: String) -> String {
            if let first = faults.first {
                return faults.count == 1 ? first : "\(first), and \(faults.count - 1) more faults of that kind"
            }
            let errors = problems.count(.error)
            return "\(path) has \(errors) error\(errors == 1 ? "" : "s")"
        }
    }

    /// Reads, checks and compiles.
    func read() -> Reading {
        let loaded = RouteFile.load(path, purpose: .serve) { name in getenv(name).map { String(cString: $0) } }
        let names = loaded.files.map(\.path)
        let checked = CheckedFile(loaded, resolves: true)
        var reading = Reading(problems: checked.problems, files: names.isEmpty ? [path] : names)
        reading.namedFiles = loaded.namedFiles
        guard let configuration = checked.configuration else { return reading }
        var compiled = configuration.compiled
        if engine != .tree { compiled = compiled.answered(by: engine) }
        if let transform {
            // What was compiled has been checked; what became of it has not.
            compiled = transform(compiled)
            if checksProgram {
                reading.faults = ProgramCheck.faults(compiled, patterns: HeaderPatterns.matcher()).map {
                    "the compiled routes differ from the file: \($0)"
                }
            }
        }
        let windows = zoned(compiled.windows, &reading.faults)
        reading.faults += ConfigurationSource.excesses(compiled.document)
        let zones = zones(of: compiled.document.pools, &reading.faults)
        let warm = WarmList.read(compiled.document.warm, &reading.faults)
        guard reading.faults.isEmpty else { return reading }
        reading.ready = Ready(
            configuration: Configuration(loaded, compiled),
            compiled: compiled,
            windows: windows,
            zones: zones,
            bytes: configuration.sourceBytes,
            identities: loaded.providers.map { ConfigurationSource.identity($0.tls) },
            warm: warm
        )
        return reading
    }

    /// Largest file of certificates that is looked at.
    private static let identityLimitBytes = 4 << 20

    /// A digest over the files of one provider's TLS settings; empty without any.
    private static func identity(_ tls: TLSSettings) -> [UInt8] {
        let paths = [tls.caPath, tls.certificatePath, tls.keyPath].compactMap(\.self)
        guard !paths.isEmpty else { return [] }
        return Snapshot.digest(
            paths.flatMap { path in
                Snapshot.digest((try? Files.beginning(of: path, limit: identityLimitBytes)) ?? [])
            }
        )
    }

    /// More pools or limits for one request than the books take.
    private static func excesses(_ document: RouteDocument) -> [String] {
        let parents = Dictionary(document.pools.map { ($0.name.value, $0.parent?.value) }) { first, _ in first }
        var faults: [String] = []
        for pool in document.pools {
            var (depth, next) = (0, Optional(pool.name.value))
            while let name = next, depth <= PoolBook.depthLimit {
                depth += 1
                next = parents[name] ?? nil
            }
            if depth > PoolBook.depthLimit {
                faults.append("more than \(PoolBook.depthLimit) pools pay for one request of `\(pool.name.value)`")
            }
        }
        for route in document.routes where route.settings.limits.count > LimitBook.depthLimit {
            faults.append("the route `\(route.name.value)` has more than \(LimitBook.depthLimit) limits")
        }
        return faults
    }

    private func zones(of pools: [RouteModel.Pool], _ faults: inout [String]) -> [String: Zone] {
        var result: [String: Zone] = [:]
        for name in Set(pools.map(\.zone.value)) {
            do { result[name] = try Zones.load(name) } catch { faults.append(error.sentence) }
        }
        return result
    }

    private func zoned(_ windows: [TimeWindow], _ faults: inout [String]) -> [(window: TimeWindow, zone: Zone)] {
        var result: [(window: TimeWindow, zone: Zone)] = []
        for window in windows {
            do { result.append((window, try Zones.load(window.zone))) } catch { faults.append(error.sentence) }
        }
        return result
    }
}
