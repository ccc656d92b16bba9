/// One key of the language: a row of the table that drives the reader, did-you-mean, the JSON Schema and the reference.
package struct Key: Sendable {
    /// Whether this build does what the key says.
    package enum Engine: Sendable {
        case yes
        /// The key is refused when serving (HP120).
        case later
        /// Refused, except with this word, which asks for what the build does anyway.
        case laterUnless(String)
    }

    /// Where it stands: `routes[].match.model`, `providers.*.kind`.
    package let path: String
    package let type: KeyType
    /// As the reference shows it; empty for none.
    package let standard: String
    package let engine: Engine
    package let isRequired: Bool
    /// One sentence for the reference.
    package let note: String
    /// What checks of names and sense can raise, beyond the type's own codes.
    let ownCodes: [String]
    /// The last part of the path, without `[]`.
    package let name: String

    init(
        _ path: String,
        _ type: KeyType,
        _ standard: String = "",
        _ note: String,
        codes: [String] = [],
        engine: Engine = .yes,
        isRequired: Bool = false
    ) {
        self.path = path
        self.type = type
        self.standard = standard
        self.engine = engine
        self.isRequired = isRequired
        self.note = note
        ownCodes = codes
        let tail = path.split(separator: ".").last.map(String.init) ?? path
        name = tail.hasSuffix("[]") ? String(tail.dropLast(2)) : tail
    }

    /// A row for a key that waits for its engine.
    static func later(
        _ path: String,
        _ type: KeyType,
        _ standard: String = "",
        _ note: String,
        codes: [String] = [],
        isRequired: Bool = false
    ) -> Key {
        Key(path, type, standard, note, codes: codes, engine: .later, isRequired: isRequired)
    }

    /// Every code that the key can raise beyond HP101, HP103 and HP120.
    package var codes: [String] {
        (type.codes + ownCodes + (isRequired ? ["HP104"] : [])).sorted().reduce(into: []) { codes, code in
            if codes.last != code { codes.append(code) }
        }
    }
}
