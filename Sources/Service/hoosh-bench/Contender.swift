import Foundation

/// Who is measured.
enum Contender: String, CaseIterable, Codable {
    case direct
    case hooshAlways = "hoosh-proxy splice: always"
    case hooshAuto = "hoosh-proxy splice: auto"
    case hooshNone = "hoosh-proxy splice: none"
    case haproxy
    case nginx
    /// nginx with a buffer as large as the chunks, for the workload of large chunks only.
    case nginxLarge = "nginx, 64k buffer"

    /// The setting of `listen.splice`; nil for the others.
    var splice: String? {
        switch self {
        case .hooshAlways: "always"
        case .hooshAuto: "auto"
        case .hooshNone: "none"
        default: nil
        }
    }

    /// The words `--only` knows it by.
    var shortName: String {
        switch self {
        case .direct: "direct"
        case .hooshAlways: "always"
        case .hooshAuto: "auto"
        case .hooshNone: "none"
        case .haproxy: "haproxy"
        case .nginx: "nginx"
        case .nginxLarge: "nginx-64k"
        }
    }

    var isHoosh: Bool { splice != nil }
    var isNginx: Bool { self == .nginx || self == .nginxLarge }
}

/// A contender that runs: its port and its meter.
final class Running {
    let contender: Contender
    let port: UInt16
    private let child: Child?

    init(_ contender: Contender, port: UInt16, child: Child?) {
        self.contender = contender
        self.port = port
        self.child = child
    }

    /// The processes as they are now; nil for `direct`, which has none.
    var meter: ProcessMeter? { child.map { ProcessMeter(root: $0.pid) } }
    var isAlive: Bool { child?.isAlive ?? true }
    var log: String { child?.log ?? "" }
    func end() { child?.end() }
}

/// Starts contenders from the configurations in `examples/bench`.
struct Starter {
    let paths: Paths
    private static let patience = 10.0

    /// Starts one in front of an upstream; throws when it does not come up.
    func start(_ contender: Contender, upstreamPort: UInt16, tag: String) throws -> Running {
        if contender == .direct { return Running(.direct, port: upstreamPort, child: nil) }
        let label = "\(contender.shortName)-\(tag)"
        if contender.isHoosh { return try startHoosh(contender, upstreamPort, label) }
        guard let port = LoopbackSocket.freePort() else { throw BenchFailure("no free port") }
        let template = contender.isNginx ? "nginx.conf" : "haproxy.cfg"
        let file = try write(
            template,
            label,
            [
                "PORT": "\(port)", "UPSTREAM": "127.0.0.1:\(upstreamPort)", "DIRECTORY": paths.work,
                "BUFFER": contender == .nginxLarge ? "64k" : "4k", "LABEL": label,
            ]
        )
        let program = contender.isNginx ? try paths.nginx() : try paths.haproxy()
        let arguments =
            contender.isNginx
            ? [program, "-p", paths.work, "-e", "\(paths.work)/\(label).error.log", "-c", file] : [program, "-f", file]
        let child = try Child(label, arguments, cpu: Placement.proxy, logPath: "\(paths.work)/\(label).log")
        try waitForPort(port, child)
        return Running(contender, port: port, child: child)
    }

    private func startHoosh(_ contender: Contender, _ upstreamPort: UInt16, _ label: String) throws -> Running {
        let file = try write(
            "routes.yaml",
            label,
            [
                "SPLICE": contender.splice ?? "", "UPSTREAM": "127.0.0.1:\(upstreamPort)",
            ]
        )
        return try startHoosh(file: file, contender, label)
    }

    /// Starts hoosh-proxy with further lines below its provider.
    func startHoosh(splice: String, providerLines: String, upstreamPort: UInt16, _ label: String) throws -> Running {
        let address = "http://127.0.0.1:\(upstreamPort)"
        let file = try write("routes.yaml", label, ["SPLICE": splice, "UPSTREAM": "127.0.0.1:\(upstreamPort)"])
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let whole = text.replacingOccurrences(
            of: "    url: \(address)\n",
            with: "    url: \(address)\n\(providerLines)"
        )
        try whole.write(toFile: file, atomically: true, encoding: .utf8)
        return try startHoosh(file: file, .hooshAlways, label)
    }

    /// What is added to a route file to have it govern.
    struct Governance {
        /// Whole sections.
        var top: String
        /// Lines below the provider and the route.
        var provider: String
        var route: String
    }

    /// Starts hoosh-proxy with keys, limits, budgets and whatever else is added.
    func startHoosh(
        splice: String,
        upstreamPort: UInt16,
        _ label: String,
        governance: Governance
    ) throws -> Running {
        let file = try write("routes.yaml", label, ["SPLICE": splice, "UPSTREAM": "127.0.0.1:\(upstreamPort)"])
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let whole = text.replacingOccurrences(
            of: "    url: http://127.0.0.1:\(upstreamPort)\n",
            with: "    url: http://127.0.0.1:\(upstreamPort)\n\(governance.provider)"
        ).replacingOccurrences(of: "providers:\n", with: "\(governance.top)providers:\n")
        try (whole + governance.route).write(toFile: file, atomically: true, encoding: .utf8)
        return try startHoosh(file: file, .hooshAuto, label)
    }

    private func startHoosh(file: String, _ contender: Contender, _ label: String) throws -> Running {
        let arguments = [try paths.product("hoosh-proxy"), "--routes", file, "--threads", "1"]
        let child = try Child(label, arguments, cpu: Placement.proxy, logPath: "\(paths.work)/\(label).log")
        do {
            let port: UInt16 = try child.wait(seconds: Starter.patience, "where it listens") { line in
                guard line.hasSuffix("(client)") else { return nil }
                return line.split(separator: " ").dropLast().last?.split(separator: ":").last.flatMap { UInt16($0) }
            }
            try child.wait(seconds: Starter.patience, "that it is ready") { $0.hasSuffix("ready") ? () : nil }
            return Running(contender, port: port, child: child)
        } catch {
            child.end()
            throw error
        }
    }

    /// Starts the mock upstream; it answers where its log says.
    func startMock() throws -> (child: Child, port: UInt16) {
        let arguments = [
            try paths.product("hoosh-mock"), "--listen", "127.0.0.1:0", "--threads", "1", "--no-record",
        ]
        let child = try Child("hoosh-mock", arguments, cpu: Placement.mock, logPath: "\(paths.work)/mock.log")
        let port: UInt16 = try child.wait(seconds: Starter.patience, "where it listens") { line in
            guard line.contains("listening on http://") else { return nil }
            return line.split(separator: ":").last.flatMap { UInt16($0) }
        }
        return (child, port)
    }

    private func write(_ template: String, _ label: String, _ values: [String: String]) throws -> String {
        var text = try String(contentsOfFile: "\(paths.configurations)/\(template)", encoding: .utf8)
        for (key, value) in values { text = text.replacingOccurrences(of: "@\(key)@", with: value) }
        let file = "\(paths.work)/\(label)-\(template)"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    private func waitForPort(_ port: UInt16, _ child: Child) throws {
        let end = Clock.seconds + Starter.patience
        while Clock.seconds < end, child.isAlive {
            if LoopbackSocket.answers(port) { return }
            usleep(20_000)
        }
        child.end()
        throw BenchFailure("\(child.name) does not listen; it said: \(child.log.suffix(600))")
    }
}
