/// What a key takes.
package indirect enum KeyType: Sendable {
    case version
    case boolean
    case text
    /// Text, or a whole value of `env:NAME` or `file:/path`.
    case textOrReference
    case secret
    /// A path, or `system`.
    case certificateStore
    case pin
    case name
    case word([String])
    case duration
    case durationRange
    case size(ClosedRange<Int>)
    case count(ClosedRange<Int>)
    case percent
    case fraction
    case statuses
    case glob
    case matcher
    case model
    case headerName
    case headerValue
    case url
    case address
    /// A level, a rate, a window …: types whose keys have no engine yet, so only the shape is looked at.
    case unread(String)
    /// One value or a list of them.
    case oneOrMore(KeyType)
    case list(KeyType)
    /// Fixed keys, described by the rows below this one.
    case mapping
    /// Names of the author's choosing; the row `path.*` describes each value.
    case map
    /// A list whose items the row `path[]` describes.
    case items
    /// One of the words, or what the other type says.
    case wordOr(String, KeyType)

    /// The type as the reference writes it.
    package var text: String {
        switch self {
        case .version: "`1`"
        case .boolean: "bool"
        case .text: "text"
        case .textOrReference: "text, `env:`, `file:`"
        case .secret: "secret"
        case .certificateStore: "`system` or path"
        case .pin: "pin"
        case .name: "name"
        case .word(let words): words.map { "`\($0)`" }.joined(separator: " ")
        case .duration: "dur"
        case .durationRange: "dur-range"
        case .size: "size"
        case .count: "count"
        case .percent: "pct"
        case .fraction: "number"
        case .statuses: "status"
        case .glob: "glob"
        case .matcher: "matcher"
        case .model: "text"
        case .headerName: "header name"
        case .headerValue: "text, `env:`, `file:`"
        case .url: "url"
        case .address: "address"
        case .unread(let name): name
        case .oneOrMore(let type): "\(type.text) or list"
        case .list(let type): "list of \(type.text)"
        case .mapping: "mapping"
        case .map: "map"
        case .items: "list"
        case .wordOr(let word, let type): "`\(word)` or \(type.text)"
        }
    }
}

/// One key of the language: a row of the table that drives the reader, did-you-mean and the reference.
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

    init(
        _ path: String,
        _ type: KeyType,
        _ standard: String = "",
        _ note: String = "",
        engine: Engine = .yes,
        isRequired: Bool = false
    ) {
        self.path = path
        self.type = type
        self.standard = standard
        self.engine = engine
        self.isRequired = isRequired
        self.note = note
    }

    /// A row for a key that waits for its engine.
    static func later(_ path: String, _ type: KeyType) -> Key { Key(path, type, engine: .later) }

    /// The last part of the path.
    package var name: String {
        let tail = path.split(separator: ".").last.map(String.init) ?? path
        return tail.hasSuffix("[]") ? String(tail.dropLast(2)) : tail
    }
}
