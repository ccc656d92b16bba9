import CLinux
import Decision
import Foundation

/// `hoosh-bench`: what the proxy costs, beside what others cost, on this machine.
@main
struct Main {
    static func main() {
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            if options.wantsHelp {
                print(Options.help)
                return
            }
            if let name = options.decides {
                guard let engine = Program.Engine(rawValue: name) else {
                    throw BenchFailure("--engine is one of: tree bits linear")
                }
                return try Report(folder: options.outFolder ?? ".build/bench")
                    .write(try DecideBench.run(engine: engine), between: "decisions")
            }
            Child.endAllOnSignal()
            if options.translates {
                if options.isBuilding { try build(try Paths()) }
                return try Report(folder: options.outFolder ?? ".build/bench")
                    .write(TranslateBench.run(), between: "translations")
            }
            if options.governs {
                if options.isBuilding { try build(try Paths()) }
                return try Report(folder: options.outFolder ?? ".build/bench")
                    .write(GovernBench.run(), between: "governed")
            }
            // A run in which our own rows are void has failed.
            if try !measure(options) { exit(2) }
        } catch {
            FileHandle.standardError.write(Data("hoosh-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    /// Runs all of it; false when a row of hoosh-proxy is void.
    private static func measure(_ options: Options) throws -> Bool {
        let paths = try Paths()
        defer { Paths.removeWorkOfThisProcess() }
        if options.isBuilding { try build(paths) }
        _ = clinux_pin_thread(Int32(Placement.load))
        let campaign = Campaign(options, paths)
        try campaign.run()
        let summary = Summary(
            options,
            campaign.results,
            rounds: campaign.roundsDone,
            absent: campaign.absent,
            versions: Versions.all(paths, options.contenders)
        )
        let text = Table(summary: summary).text + Aims(summary: summary).text
        print(text)
        try Report(folder: options.outFolder ?? "\(paths.root)/.build/bench").write(summary, text)
        return !summary.rows.contains { $0.contender.isHoosh && $0.void != nil }
    }

    /// `swift run` builds the bench alone; the programs it measures must not be of yesterday.
    private static func build(_ paths: Paths) throws {
        for product in ["hoosh-mock", "hoosh-proxy"] {
            FileHandle.standardError.write(Data("hoosh-bench: building \(product)\n".utf8))
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["swift", "build", "-c", "release", "--package-path", paths.root, "--product", product]
            process.standardOutput = FileHandle.standardError
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw BenchFailure("\(product) does not build; --no-build takes what is there")
            }
        }
    }
}
