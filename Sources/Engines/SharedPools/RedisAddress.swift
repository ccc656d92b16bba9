/// Where a Redis server is and how it lets us in.
///
/// `redis://[user][:password]@host[:port][/database]`, as the registration of the scheme says
/// (https://www.iana.org/assignments/uri-schemes/prov/redis). Never printed but for host, port and database.
package struct RedisAddress: Equatable, Sendable {
    package var host: String
    package var port: Int
    package var user: String
    package var password: String
    package var database: Int

    /// Why a text is no address that can be used, without the text.
    package struct Fault: Error, Equatable, Sendable {
        package let reason: String
    }

    /// Reads a URL.
    package init(_ text: String) throws(Fault) {
        if text.hasPrefix("rediss://") {
            throw Fault(reason: "TLS (`rediss://`) is not spoken to Redis; use a tunnel or a private network")
        }
        guard text.hasPrefix("redis://") else { throw Fault(reason: "a Redis URL begins with redis://") }
        var rest = text.dropFirst(8)
        (user, password) = ("", "")
        if let at = rest.lastIndex(of: "@") {
            let login = rest[..<at]
            rest = rest[rest.index(after: at)...]
            let parts = login.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = RedisAddress.decoded(parts[0]),
                let second = parts.count > 1 ? RedisAddress.decoded(parts[1]) : ""
            else { throw Fault(reason: "the login of the Redis URL has a broken %XX") }
            (user, password) = (first, second)
        }
        var database = 0
        if let slash = rest.firstIndex(of: "/") {
            let word = rest[rest.index(after: slash)...]
            rest = rest[..<slash]
            if !word.isEmpty {
                guard let number = Int(word), (0...65_535).contains(number) else {
                    throw Fault(reason: "behind the host of a Redis URL stands the number of a database")
                }
                database = number
            }
        }
        self.database = database
        (host, port) = try RedisAddress.place(rest)
    }

    private static func place(_ text: Substring) throws(Fault) -> (host: String, port: Int) {
        var (name, digits) = (text, Substring())
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw Fault(reason: "the Redis URL has no host") }
            name = text[text.index(after: text.startIndex)..<end]
            digits = text[text.index(after: end)...]
        } else if let colon = text.firstIndex(of: ":") {
            name = text[..<colon]
            digits = text[colon...]
        }
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Fault(reason: "the Redis URL has no host")
        }
        guard !digits.isEmpty else { return (String(name), 6_379) }
        guard digits.first == ":", let port = Int(digits.dropFirst()), (1...65_535).contains(port) else {
            throw Fault(reason: "the port of the Redis URL is a number from 1 to 65535")
        }
        return (String(name), port)
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next(), let low = rest.next(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Host, port and database: what may be told.
    package var shown: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)" }
}
