import Foundation

/// Where programs and files are.
struct Paths {
    /// Folder of the products of this build.
    let products: String
    /// Folder of the templates.
    let configurations: String
    /// Folder of this run's configurations and logs; goes away at the end.
    let work: String
    /// The package's root.
    let root: String

    init() throws {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let products = program.deletingLastPathComponent()
        var root = products
        while root.path != "/", !Paths.exists(root.appendingPathComponent("examples/bench/nginx.conf").path) {
            root.deleteLastPathComponent()
        }
        guard root.path != "/" else { throw BenchFailure("examples/bench is not above \(products.path)") }
        self.products = products.path
        self.root = root.path
        configurations = root.appendingPathComponent("examples/bench").path
        work = Paths.workOfThisProcess
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    }

    /// A program of this package, built beside the bench.
    func product(_ name: String) throws -> String {
        let path = "\(products)/\(name)"
        guard Paths.exists(path) else { throw BenchFailure("\(name) is not built: swift build -c release") }
        return path
    }

    func nginx() throws -> String { try installed("nginx", package: "nginx-light") }
    func haproxy() throws -> String { try installed("haproxy", package: "haproxy") }

    private func installed(_ name: String, package: String) throws -> String {
        for folder in ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
        where Paths.exists("\(folder)/\(name)") {
            return "\(folder)/\(name)"
        }
        throw BenchFailure("\(name) is not installed (apt-get install \(package))")
    }

    /// Removes this run's configurations and logs.
    static func removeWorkOfThisProcess() { try? FileManager.default.removeItem(atPath: workOfThisProcess) }

    private static var workOfThisProcess: String { NSTemporaryDirectory() + "hoosh-bench-\(getpid())" }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
