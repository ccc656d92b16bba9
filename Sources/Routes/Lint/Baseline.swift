import Report
import RouteLanguage

/// Findings that are known and do not count: one line each, by fingerprint, so that lines may move.
struct Baseline {
    private static let head = "# hoosh-proxy lint baseline v1: fingerprint, code, file\n"

    private let known: Set<String>

    /// Reads what `--write-baseline` wrote.
    ///
    /// - Throws: why it cannot be read, or that it is something else.
    init(reading path: String) throws(Misuse) {
        let bytes: [UInt8]
        do throws(Files.Failure) {
            bytes = try Files.read(path, limit: 64 << 20)
        } catch {
            throw Misuse(sentence: "cannot read `\(path)`: \(error.reason)", isOutput: true)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("# hoosh-proxy lint baseline v1") else {
            throw Misuse(sentence: "`\(path)` is no baseline of `lint --write-baseline`", isOutput: true)
        }
        known = Set(
            text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
                .compactMap { $0.split(separator: " ").first.map(String.init) }
        )
    }

    /// The findings that are new; errors that say a file cannot be understood are never old.
    func fresh(_ problems: Problems) -> Problems {
        let all = problems.all
        var isKnown = zip(all, Fingerprint.all(all, in: problems)).map { problem, fingerprint in
            !Silence.isFirm(problem) && known.contains(fingerprint.description)
        }[...]
        var result = problems.changed { _ in nil }
        for problem in all where isKnown.popFirst() != true { result.add(problem) }
        return result
    }

    /// The text of a baseline of all findings.
    static func text(_ problems: Problems) -> String {
        let all = problems.all
        let lines = zip(all, Fingerprint.all(all, in: problems)).map { problem, fingerprint in
            "\(fingerprint) \(problem.code) \(problem.spot.path)\n"
        }
        return head + lines.joined()
    }
}
