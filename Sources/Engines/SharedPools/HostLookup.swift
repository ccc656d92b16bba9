import Glibc
import Loop

/// The addresses of a host; names are asked for on a thread of their own, since that may take long.
enum HostLookup {
    /// Answers a numeric address on the loop's thread, nil when there is none; at once for what is one already.
    static func find(_ host: String, _ loop: EventLoop, _ answer: @escaping @Sendable (String?) -> Void) {
        if let numeric = resolve(host, AI_NUMERICHOST) { return answer(numeric) }
        let inbox = loop.inbox
        _ = LoopThread(name: "redis-name") {
            let found = resolve(host, 0)
            inbox.post { answer(found) }
        }
    }

    private static func resolve(_ host: String, _ flags: Int32) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = flags
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(list) }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = getnameinfo(
            first.pointee.ai_addr,
            first.pointee.ai_addrlen,
            &text,
            socklen_t(text.count),
            nil,
            0,
            NI_NUMERICHOST
        )
        guard result == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
