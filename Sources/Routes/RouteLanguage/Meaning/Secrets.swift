import Report

/// Turns references into values, when the file is to be served.
struct Secrets {
    let findings: Findings
    let purpose: RouteFile.Purpose
    let environment: (String) -> String?

    /// Largest file that is taken for a secret.
    static let limitBytes = 64 * 1024

    /// The value behind a reference; nil in lint, and where it was reported.
    func resolve(_ node: Node, name: String) -> String? {
        guard let text = node.text, let reference = try? Values.secret(text) else { return nil }
        return resolve(reference, node, name: name)
    }

    /// A text that may be a reference: itself, or the value behind it.
    func resolve(textOf node: Node, name: String) -> String? {
        guard let text = node.text else { return nil }
        guard let reference = try? Values.reference(text) else { return text }
        return resolve(reference, node, name: name)
    }

    private func resolve(_ reference: Reference, _ node: Node, name: String) -> String? {
        guard purpose == .serve else { return nil }
        let value: String
        switch reference {
        case .environment(let variable):
            guard let found = environment(variable), !found.isEmpty else {
                findings.error(
                    "HP701",
                    "`\(name)`: the environment variable `\(variable)` is not set",
                    at: node.spot,
                    help: ["export \(variable)=…  before starting hoosh-proxy"]
                )
                return nil
            }
            value = found
        case .file(let path):
            findings.depends(on: path)
            do throws(Files.Failure) {
                value = String(decoding: try Files.read(path, limit: Self.limitBytes), as: UTF8.self)
            } catch {
                findings.error("HP701", "`\(name)`: cannot read `\(path)`: \(error.reason)", at: node.spot)
                return nil
            }
        }
        return usable(value, node, name: name)
    }

    /// One line end at the end belongs to the file, not to the secret; any other would break a header in two.
    private func usable(_ value: String, _ node: Node, name: String) -> String? {
        var bytes = Array(value.utf8)
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        let text = String(decoding: bytes, as: UTF8.self)
        findings.hide(text)
        if bytes.isEmpty {
            findings.error("HP701", "`\(name)`: what `\(node.text ?? "")` names is empty", at: node.spot)
            return nil
        }
        guard (try? Values.headerValue(text)) != nil else {
            let sentence = "`\(name)`: what `\(node.text ?? "")` names holds a line end or a control character"
            findings.error("HP701", sentence, at: node.spot)
            return nil
        }
        return text
    }
}
