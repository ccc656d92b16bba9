/// Header fields whose values open something, by their names, and what is shown in the place of such a value.
package enum SecretField {
    /// What stands for a value.
    package static let hidden = "***"

    private static let names: Set<String> = ["cookie", "set-cookie", "apikey", "key"]
    private static let parts = ["api-key", "auth", "token", "secret", "password", "credential"]
    private static let schemes = ["bearer ", "basic ", "token ", "digest "]

    /// True for `authorization`, `cookie`, `x-api-key` and whatever is named like them.
    package static func holds(_ name: String) -> Bool {
        let name = name.lowercased().replacing("_", with: "-")
        return names.contains(name) || name.hasSuffix("-key") || parts.contains { name.contains($0) }
    }

    /// A field's value or pattern as people are shown it: `***`, `Bearer ***`, or itself where it tells nothing.
    ///
    /// The value may be a glob, or `re:` and a pattern.
    package static func shown(_ value: String, of name: String) -> String {
        guard holds(name) else { return value }
        let (scheme, rest) = split(value)
        return rest.allSatisfy { "*? ".contains($0) } ? value : scheme + hidden
    }

    /// What of a value must not be shown: the text behind its scheme; nil where there is nothing to hide.
    package static func secret(in value: String, of name: String) -> String? {
        shown(value, of: name) == value ? nil : split(value).rest
    }

    private static func split(_ value: String) -> (scheme: String, rest: String) {
        let start = schemes.first { value.lowercased().hasPrefix($0) } ?? ""
        return (String(value.prefix(start.count)), String(value.dropFirst(start.count)))
    }
}
