import Report
import Routing

/// Keeps what this build has no engine for (HP120, `routes.md` A10).
///
/// The server refuses each such key by name. `lint` reads the whole language, so there one note for a file is enough.
final class EngineCheck {
    private let findings: Findings
    private let purpose: RouteFile.Purpose
    private var missing: [(what: String, spot: Spot)] = []

    init(_ findings: Findings, _ purpose: RouteFile.Purpose) {
        self.findings = findings
        self.purpose = purpose
    }

    /// True when a key waits for its engine, which is then noted.
    func isMissing(_ key: Key, _ entry: Node.Entry) -> Bool {
        switch key.engine {
        case .yes: return false
        case .later: break
        case .laterUnless(let word): if entry.value.text == word { return false }
        }
        note("`\(entry.name)`", at: entry.key.spot)
        return true
    }

    /// Something that the language has and the build has not.
    func note(_ what: String, at spot: Spot) {
        guard purpose == .serve else {
            missing.append((what, spot))
            return
        }
        findings.error(
            "HP120",
            "\(what) has no engine in this build",
            at: spot,
            notes: ["the server refuses the file rather than serve it as if this were not there"]
        )
    }

    /// Says in one note what the server would refuse.
    func summarize() {
        guard let first = missing.first else { return }
        var names: [String] = []
        for (what, _) in missing where !names.contains(what) && names.count < 50 { names.append(what) }
        let verb = names.count == 1 ? "has" : "have"
        let list = names.prefix(8).joined(separator: ", ")
        findings.add(
            Problem(
                .note,
                "HP120",
                "\(list)\(names.count > 8 ? " and others" : "") \(verb) no engine in this build",
                at: first.spot,
                notes: ["the server refuses such a file rather than serve it as if this were not there"]
            )
        )
    }
}
