import JSON

extension JSONString {
    /// Texts one after the other, with another between them; empty for none.
    static func joined(_ texts: [JSONString], by separator: JSONString = "") -> JSONString {
        if texts.count == 1 { return texts[0] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(texts.reduce(0) { $0 + $1.spelled.count + separator.spelled.count })
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes += separator.spelled }
            bytes += text.spelled
        }
        return JSONString(spelled: bytes[...])
    }
}
