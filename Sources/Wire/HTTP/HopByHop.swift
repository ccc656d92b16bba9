import Bytes

/// Fields that concern one connection only and are not passed on (RFC 9110 §7.6.1).
package enum HopByHop {
    /// True when a request's field stays here.
    package static func isDropped(requestField index: Int, of head: RequestHead, in bytes: Span<UInt8>) -> Bool {
        isDropped(index, head.fields, head.namesConnectionFields, bytes)
    }

    /// True when a response's field stays here.
    package static func isDropped(responseField index: Int, of head: ResponseHead, in bytes: Span<UInt8>) -> Bool {
        isDropped(index, head.fields, head.namesConnectionFields, bytes)
    }

    private static func isDropped(_ index: Int, _ fields: [Field], _ named: Bool, _ bytes: Span<UInt8>) -> Bool {
        let field = fields[index]
        switch field.id {
        case .connection, .keepAlive, .proxyConnection, .proxyAuthenticate, .proxyAuthorization, .te, .trailer,
            .transferEncoding, .upgrade:
            return true
        default: break
        }
        guard named else { return false }
        let name = bytes.extracting(field.name.range)
        var isNamed = false
        for other in fields where other.id == .connection {
            forEachOption(of: bytes.extracting(other.value.range)) { option in
                if ASCII.equalsIgnoringCase(option, name) { isNamed = true }
            }
        }
        return isNamed
    }

    /// Calls with each word of a comma-separated list.
    static func forEachOption(of value: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        var start = 0
        while start <= value.count {
            let end = Scan.find(0x2c, in: value, from: start) ?? value.count
            var first = start
            var last = end
            while first < last, value[first] == 0x20 || value[first] == 0x09 { first += 1 }
            while last > first, value[last - 1] == 0x20 || value[last - 1] == 0x09 { last -= 1 }
            if last > first { body(value.extracting(first..<last)) }
            start = end + 1
        }
    }
}
