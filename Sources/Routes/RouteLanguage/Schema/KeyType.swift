/// What a key takes.
package indirect enum KeyType: Sendable {
    case version
    case boolean
    case text
    /// A number or a range of numbers; who reads it checks it.
    case amount
    case secret
    /// A secret, or `sha256:` and the digest of one.
    case token
    /// A path, or `system`.
    case certificateStore
    case pin
    case name
    case tag
    case word([String])
    case duration
    case durationRange
    case size(ClosedRange<Int>)
    case count(ClosedRange<Int>)
    /// A count per unit of time.
    case rate
    /// Dollars per unit of time.
    case money
    /// Dollars.
    case usd
    case percent
    case fraction
    case statuses
    case level
    case levelRange
    case tokenRange
    case window
    case zone
    case glob
    case matcher
    /// PCRE2, found anywhere in a text.
    case pattern
    /// Letters of `i m s x`.
    case flags
    case model
    case method
    case headerName
    case headerValue
    case url
    case address
    /// `memory`, `sqlite:PATH` or `redis://…`.
    case store
    /// One of the words, or `header:<name>`.
    case subject([String])
    /// A code of `lint`, or the beginning of several.
    case code
    /// What other parts of the language will say; nobody reads it yet.
    case unread(String)
    /// One value or a list of them.
    case oneOrMore(KeyType)
    case list(KeyType)
    /// Fixed keys, described by the rows below this one; a row `path.*` takes all other names.
    case mapping
    /// Names of the author's choosing; the row `path.*` describes each value.
    case map(KeyType)
    /// A list whose items the row `path[]` describes.
    case items
    /// One of the words, or what the other type says.
    case wordOr(String, KeyType)
    /// What the type says, or a mapping described by the rows below.
    case orMapping(KeyType)
    /// What the type says, or names with values.
    case orMap(KeyType, KeyType)
    /// The same as another key: a language may hold itself.
    case same(String)

    /// The type as the reference writes it.
    package var text: String {
        switch self {
        case .version: "`1`"
        case .boolean: "bool"
        case .text, .model: "text"
        case .amount: "number or range"
        case .secret: "secret"
        case .token: "secret or `sha256:<hex>`"
        case .certificateStore: "`system` or path"
        case .pin: "pin"
        case .name: "name"
        case .tag: "tag"
        case .word(let words): words.map { "`\($0)`" }.joined(separator: " ")
        case .duration: "dur"
        case .durationRange: "dur-range"
        case .size: "size"
        case .count: "count"
        case .rate: "rate"
        case .money: "usd/unit"
        case .usd: "usd"
        case .percent: "pct"
        case .fraction: "number"
        case .statuses: "status"
        case .level: "level"
        case .levelRange: "level or range"
        case .tokenRange: "range of counts"
        case .window: "window"
        case .zone: "zone"
        case .glob: "glob"
        case .matcher: "matcher"
        case .pattern: "PCRE2"
        case .flags: "letters of `imsx`"
        case .method: "method"
        case .headerName: "header name"
        case .headerValue: "text, `env:`, `file:`"
        case .url: "url"
        case .address: "address"
        case .store: "`memory`, `sqlite:PATH`, `redis://…`"
        case .subject(let words): words.map { "`\($0)` " }.joined() + "`header:<name>`"
        case .code: "code"
        case .unread(let name): name
        case .oneOrMore(let type): "\(type.text) or list"
        case .list(let type): "list of \(type.text)"
        case .mapping: "mapping"
        case .map: "map"
        case .items: "list"
        case .wordOr(let word, let type): "`\(word)` or \(type.text)"
        case .orMapping(let type): "\(type.text) or mapping"
        case .orMap(let type, _): "\(type.text) or map"
        case .same(let path): "as `\(path)`"
        }
    }

    /// The codes that a value of the type can raise beyond HP103 for the wrong shape.
    package var codes: [String] {
        switch self {
        case .version: ["HP102"]
        case .secret: ["HP701"]
        case .token, .headerValue: ["HP701"]
        case .pin: ["HP704"]
        case .name, .tag: ["HP108"]
        case .word, .subject, .method, .flags, .code, .level: ["HP107"]
        case .duration, .durationRange, .size, .count, .usd, .percent: ["HP105", "HP106"]
        case .rate, .money: ["HP105", "HP106"]
        case .fraction: ["HP106"]
        case .statuses: ["HP107"]
        case .levelRange: ["HP107", "HP404"]
        case .tokenRange: ["HP105", "HP404"]
        case .window, .zone: ["HP114"]
        case .glob: ["HP112"]
        case .matcher: ["HP112", "HP113"]
        case .pattern: ["HP113"]
        case .url: ["HP111", "HP710"]
        case .address: ["HP111"]
        case .store: ["HP107", "HP701", "HP710"]
        case .oneOrMore(let type), .list(let type), .wordOr(_, let type), .orMapping(let type): type.codes
        case .orMap(let type, let names): type.codes + names.codes.filter { !type.codes.contains($0) }
        case .map(let names): names.codes
        case .boolean, .text, .amount, .certificateStore, .model, .headerName, .unread, .mapping, .items, .same: []
        }
    }
}
