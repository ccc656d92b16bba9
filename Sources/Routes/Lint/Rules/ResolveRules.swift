import Glibc
import Report
import RouteModel

/// What stands behind references, for those who may look: HP709, HP711, HP714.
///
/// No value is ever printed.
struct ResolveRules {
    private let survey: Survey

    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        guard survey.resolves else { return }
        let rules = ResolveRules(survey: survey)
        for provider in survey.document.providers where provider.isEnabled {
            for place in ["key", "tls.key"] {
                guard let spot = provider.places[place], let text = survey.edits.value(spot) else { continue }
                rules.reference(Located(text, at: spot), &findings)
            }
            if let spot = provider.places["tls.cert"], let text = survey.edits.value(spot) {
                rules.certificate(Located(text, at: spot), &findings)
            }
        }
        for key in survey.document.auth.keys {
            guard let token = key.token else { continue }
            rules.reference(token, &findings)
            rules.strength(token, &findings)
        }
        for secret in [survey.document.auth.adminToken, survey.document.audit?.key] {
            guard let secret else { continue }
            rules.reference(secret, &findings)
        }
    }

    // MARK: HP709

    private func reference(_ secret: Located<String>, _ findings: inout [Problem]) {
        if secret.value.hasPrefix("env:") {
            let name = String(secret.value.dropFirst(4))
            guard Self.variable(name) == nil else { return }
            findings.append(
                Problem(
                    .warning,
                    "HP709",
                    "the environment variable `\(name)` is not set",
                    at: secret.spot,
                    help: ["export \(name)=…  before starting hoosh-proxy"]
                )
            )
        } else if secret.value.hasPrefix("file:") {
            let path = String(secret.value.dropFirst(5))
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IROTH != 0 else { return }
            findings.append(
                Problem(
                    .warning,
                    "HP709",
                    "everyone on this machine can read `\(path)`",
                    at: secret.spot,
                    help: ["chmod o-r \(path)"]
                )
            )
        }
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    // MARK: HP711

    /// 128 bits: what nobody guesses.
    private static let enoughBits = 128

    private func strength(_ token: Located<String>, _ findings: inout [Problem]) {
        let value: String?
        if token.value.hasPrefix("env:") {
            value = Self.variable(String(token.value.dropFirst(4)))
        } else if token.value.hasPrefix("file:") {
            value = Self.content(String(token.value.dropFirst(5)), limit: 4_096)
        } else {
            value = nil
        }
        guard let value, Self.bits(value) < Self.enoughBits else { return }
        findings.append(
            Problem(
                .warning,
                "HP711",
                "this token can be guessed: it has fewer than \(Self.enoughBits) bits",
                at: token.spot,
                help: ["make one that cannot:  openssl rand -hex 32"]
            )
        )
    }

    /// At most this much chance is in a text: bits per character of the smallest alphabet that holds it, and no more
    /// characters than differ, times four.
    static func bits(_ text: String) -> Int {
        let bytes = Array(text.utf8.filter { $0 > 0x20 })
        let different = Set(bytes).count
        let perByte: Int
        if bytes.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            perByte = 3
        } else if bytes.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 || $0 >= 0x41 && $0 <= 0x46 })
        {
            perByte = 4
        } else {
            perByte = 6
        }
        return min(bytes.count, different * 8) * perByte
    }

    // MARK: HP714

    private func certificate(_ file: Located<String>, _ findings: inout [Problem]) {
        guard file.value.hasPrefix("file:") else { return }
        let path = String(file.value.dropFirst(5))
        guard let text = Self.content(path, limit: 65_536), let certificate = Certificate(pem: text) else { return }
        let days = (certificate.notAfter - time(nil)) / 86_400
        guard certificate.notAfter < time(nil) + 30 * 86_400 else { return }
        findings.append(
            Problem(
                .warning,
                "HP714",
                certificate.notAfter < time(nil)
                    ? "the certificate `\(path)` has expired"
                    : "the certificate `\(path)` expires in \(Words.amount(days, "day"))",
                at: file.spot,
                help: ["renew it"]
            )
        )
    }

    /// A small file's text, without the line end at its end.
    private static func content(_ path: String, limit: Int) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = read(descriptor, &buffer, limit)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
