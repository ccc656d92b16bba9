import Bytes

/// The names of members that requests are judged by, as they are read without regard to case.
///
/// Go's `encoding/json`, by which Ollama and LocalAI read, takes `Model` for `model`, and of several the last; so such a
/// spelling is refused: a provider could read another model, or another limit, than was judged.
enum GovernedName {
    /// In small letters.
    private static let top: [StaticString] = [
        "model", "stream", "stream_options", "pool", "n", "best_of", "prompt", "messages", "input", "contents",
        "system", "tools", "functions", "options", "generation_config", "requests", "models",
    ]
    private static let anywhere: [StaticString] = [
        "n_predict", "max_tokens", "num_predict", "max_new_tokens", "max_output_tokens", "max_completion_tokens",
        "candidate_count",
    ]
    /// Those that have capitals as they should be.
    private static let capitals: [(small: StaticString, name: StaticString)] = [
        ("generationconfig", "generationConfig"), ("maxoutputtokens", "maxOutputTokens"),
        ("candidatecount", "candidateCount"),
    ]

    /// How the name should be spelled; nil for all names but those in disguise.
    static func plain(of key: Span<UInt8>, isInner: Bool) -> String? {
        // The longest name, each letter of three bytes.
        guard key.count <= 63 else { return nil }
        var isPlain = true
        for index in key.indices where key[index] &- 0x41 < 26 || key[index] >= 0x80 { isPlain = false }
        // Only names with capitals can be meant by others in small letters.
        if isPlain, !(14...16).contains(key.count) { return nil }
        for pair in capitals where ASCII.equals(key, pair.name) { return nil }
        let small = folded(key)
        for pair in capitals where ASCII.equals(small.span, pair.small) { return pair.name.description }
        if isPlain { return nil }
        for name in anywhere where ASCII.equals(small.span, name) { return name.description }
        if isInner { return nil }
        for name in top where ASCII.equals(small.span, name) { return name.description }
        return nil
    }

    /// In small letters, with the long s (U+017F) and the sign of Kelvin (U+212A) as the letters they fold to.
    private static func folded(_ key: Span<UInt8>) -> [UInt8] {
        var small: [UInt8] = []
        var index = 0
        while index < key.count {
            if key[index] == 0xc5, index + 1 < key.count, key[index + 1] == 0xbf {
                small.append(UInt8(ascii: "s"))
                index += 2
            } else if key[index] == 0xe2, index + 2 < key.count, key[index + 1] == 0x84, key[index + 2] == 0xaa {
                small.append(UInt8(ascii: "k"))
                index += 3
            } else {
                small.append(ASCII.lower(key[index]))
                index += 1
            }
        }
        return small
    }
}
