/// The command line.
struct Options {
    var pace = Pace.full
    var isQuick = false
    var workloads = Workload.allCases
    var contenders = Contender.allCases
    var outFolder: String?
    var isBuilding = true
    var wantsHelp = false
    /// Set for `--decide`: the route program alone is measured.
    var decides: String?
    /// Set for `--translate`: what it costs to say streams in another dialect.
    var translates = false
    /// Set for `--governed`: what keys, limits, budgets, prices and an audit log cost.
    var governs = false

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        var rounds: Int?
        while let flag = rest.popFirst() {
            switch flag {
            case "--help", "-h": wantsHelp = true
            case "--quick": isQuick = true
            case "--no-build": isBuilding = false
            case "--translate": translates = true
            case "--governed": governs = true
            case "--decide": decides = "tree"
            case "--engine": decides = try Options.value(of: flag, &rest)
            case "--rounds":
                guard let count = Int(try Options.value(of: flag, &rest)), (1...50).contains(count) else {
                    throw BenchFailure("--rounds is a number from 1 to 50")
                }
                rounds = count
            case "--out": outFolder = try Options.value(of: flag, &rest)
            case "--only": try select(try Options.value(of: flag, &rest))
            default: throw BenchFailure("unknown argument '\(flag)'; try --help")
            }
        }
        if isQuick { pace = .quick }
        if let rounds {
            // Whoever asks for so many gets so many.
            pace.rounds = rounds
            pace.limitSeconds = .infinity
        }
    }

    /// Takes names of contenders or workloads; a kind that is not named stays whole, `direct` is always in.
    private mutating func select(_ names: String) throws {
        var chosenWorkloads: [Workload] = []
        var chosenContenders: [Contender] = []
        for name in names.split(separator: ",") {
            let workload = Workload.allCases.filter { $0.rawValue.hasPrefix(name) }
            let contender = Contender.allCases.filter { $0.shortName == name || (name == "hoosh" && $0.isHoosh) }
            guard !workload.isEmpty || !contender.isEmpty else {
                throw BenchFailure("--only does not know '\(name)'; try --help")
            }
            chosenWorkloads += workload
            chosenContenders += contender
        }
        if !chosenWorkloads.isEmpty { workloads = Workload.allCases.filter { chosenWorkloads.contains($0) } }
        if !chosenContenders.isEmpty {
            contenders = Contender.allCases.filter { $0 == .direct || chosenContenders.contains($0) }
        }
    }

    private static func value(of flag: String, _ rest: inout ArraySlice<String>) throws -> String {
        guard let value = rest.popFirst() else { throw BenchFailure("\(flag) needs a value") }
        return value
    }

    static var help: String {
        """
        hoosh-bench: hoosh-proxy beside nginx, haproxy and no proxy at all, in one run on this machine.

        Usage: swift run -c release hoosh-bench [--quick] [--only NAMES] [--rounds N] [--out FOLDER] [--no-build]

          --quick        2 short rounds, below 3 minutes (default: 5 rounds, below 12 minutes)
          --only NAMES   some of them, with commas between: \(Contender.allCases.map(\.shortName).joined(separator: " "))
                         (or hoosh for its three), or workloads:
                         \(Workload.allCases.map(\.rawValue).joined(separator: " "))
                         (json and events name all that begin so)
          --rounds N     rounds
          --out FOLDER   writes performance.json and performance.svg there, and the tables into the
                         performance.md that is there (default .build/bench)
          --no-build     takes hoosh-proxy and hoosh-mock as they are built
          --decide       nothing but the route program: what one decision costs at 20 to 10,000 routes
          --translate    nothing but streams said in another dialect, beside spliced and copied ones
          --governed     nothing but what keys, limits, budgets, prices and an audit log cost beside a plain proxy
          --engine NAME  the same for one of: tree bits linear

        Needs nginx and haproxy for their rows: apt-get install nginx-light haproxy
        """
    }
}
