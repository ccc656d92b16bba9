import Decision
import Report
import Routing

/// What a scalar means, apart from its spelling.
package enum Meaning {
    /// A text that is equal for two spellings that the language reads alike: `8k` and `8000`, `60s` and `1m`.
    ///
    /// What the type cannot read stands for itself.
    package static func text(_ text: String, _ type: KeyType) -> String { (try? read(text, type)) ?? text }

    /// True when a value is itself a secret: neither a reference nor the digest of one.
    package static func isSecret(_ text: String, _ type: KeyType) -> Bool {
        if (try? Values.reference(text)) != nil { return false }
        switch type {
        case .secret: return true
        case .token: return (try? Values.token(text)) == nil
        case .headerValue: return isCredential(text)
        default: return looksLikeKey(text) || hasUserInformation(text)
        }
    }

    /// True when a header field's value is likely to open something: a known kind of key, or a long word of chance.
    package static func isCredential(_ text: String) -> Bool {
        if looksLikeKey(text) || hasUserInformation(text) { return true }
        return text.split(whereSeparator: { " ;,=\"".contains($0) }).contains { word in
            word.utf8.count >= 16 && word.contains(where: \.isNumber) && word.contains(where: \.isLetter)
                && !word.contains("/")
        }
    }

    /// `scheme://user:password@host` (RFC 3986 §3.2.1).
    private static func hasUserInformation(_ text: String) -> Bool {
        guard let start = text.ranges(of: "://").first?.upperBound else { return false }
        return text[start...].prefix { $0 != "/" && $0 != "?" }.contains("@")
    }

    private static func read(_ text: String, _ type: KeyType) throws(ValueFault) -> String {
        switch type {
        case .boolean: return "\(try Values.boolean(text))"
        case .duration: return "\(try Values.duration(text, allowsZero: true)) ms"
        case .durationRange:
            let range = try Values.durationRange(text)
            return "\(range.start)..\(range.cap) ms"
        case .size: return "\(try Values.size(text, 0...Int.max)) bytes"
        case .count: return "\(try Values.count(text, 0...Int.max))"
        case .rate:
            let rate = try Values.rate(text)
            return "\(rate.amount)/\(rate.unit.rawValue)"
        case .money:
            let rate = try Values.money(text)
            return "\(rate.amount)/\(rate.unit.rawValue)"
        case .usd: return "\(try Values.usd(text))"
        case .percent: return "\(try Values.percent(text))"
        case .fraction: return "\(try Values.fraction(text))"
        case .level: return try Values.level(text).word
        case .zone: return try Values.zone(text)
        case .token: return text.hasPrefix("sha256:") ? text.lowercased() : text
        case .flags: return String(try Values.flags(text).sorted())
        case .headerName: return try Values.headerName(text)
        case .url: return try url(text)
        default: return text
        }
    }

    /// An address with its port; two spellings of one place are one.
    private static func url(_ text: String) throws(ValueFault) -> String {
        if try Values.reference(text) != nil { return text }
        let url = try Values.url(text)
        let place = url.unixPath.map { "unix:\($0)" } ?? "\(url.host.lowercased()):\(url.port)"
        return "\(url.isTLS ? "https" : "http")://\(place)\(url.basePath)"
    }
}
