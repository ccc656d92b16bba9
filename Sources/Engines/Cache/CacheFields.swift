import Bytes

/// Which fields of a request's head an answer may depend on: all but those that are known to say nothing of it.
package enum CacheFields {
    private static let neutral: [StaticString] = [
        // Never passed on: who asks stands in the scope, and how the connection is kept is nobody else's business.
        "host", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect", "content-length",
        "content-type", "accept-encoding", "cookie", "authorization", "proxy-authorization", "x-api-key",
        "x-goog-api-key", "api-key",
        // What the answer is asked from.
        "cache-control", "pragma", "x-hoosh-cache", "x-hoosh-pool", "x-hoosh-priority",
        // Names of programs and of single requests.
        "user-agent", "accept", "date", "via", "forwarded", "x-real-ip", "origin", "referer", "dnt", "priority",
        "traceparent", "tracestate", "baggage", "b3", "sentry-trace", "x-request-id", "x-correlation-id",
        "x-client-request-id", "x-amzn-trace-id", "x-cloud-trace-context", "idempotency-key", "x-idempotency-key",
    ]
    private static let neutralBeginnings: [StaticString] = [
        "x-forwarded-", "x-b3-", "x-datadog-", "x-stainless-", "sec-", "x-envoy-",
    ]

    /// True when the answer may depend on a field of this name, whatever its case.
    package static func counts(_ name: Span<UInt8>) -> Bool {
        for known in neutral where name.count == known.utf8CodeUnitCount && begins(name, known) { return false }
        for beginning in neutralBeginnings where begins(name, beginning) { return false }
        return true
    }

    private static func begins(_ name: Span<UInt8>, _ known: StaticString) -> Bool {
        guard name.count >= known.utf8CodeUnitCount else { return false }
        return ASCII.equalsIgnoringCase(name.extracting(..<known.utf8CodeUnitCount), known)
    }
}

/// What a request says about answers that are kept: `Cache-Control` (RFC 9111 §5.2.1) and `x-hoosh-cache`.
package struct CacheWish: Equatable, Sendable {
    /// A kept answer will do.
    package var mayRead = true
    /// The answer may be kept.
    package var mayWrite = true
    /// Nothing but a kept answer will do.
    package var wantsOnlyKept = false
    /// How old a kept answer may be, nanoseconds; nil is as old as it is kept.
    package var maxAgeNanoseconds: Int64?

    package init() {}

    /// True when the cache has nothing to do with the request.
    package var isBypass: Bool { !mayRead && !mayWrite }

    /// Takes a value of `Cache-Control`; what has no meaning here is passed over.
    package mutating func take(cacheControl value: Span<UInt8>) {
        for directive in CacheWish.items(value) {
            switch directive {
            case "no-cache": mayRead = false
            case "no-store":
                mayRead = false
                mayWrite = false
            case "only-if-cached": wantsOnlyKept = true
            default:
                guard directive.hasPrefix("max-age=") else { continue }
                let seconds = CacheWish.seconds(directive.dropFirst(8).filter { $0 != "\"" })
                maxAgeNanoseconds = min(maxAgeNanoseconds ?? .max, seconds * 1_000_000_000)
            }
        }
    }

    /// An age, at most 31 years; one that cannot be read is as no age at all (RFC 9111 §4.2.1): nothing is fresh enough.
    private static func seconds(_ digits: String) -> Int64 {
        guard digits.utf8.allSatisfy(ASCII.isDigit) else { return 0 }
        return min(digits.isEmpty ? 0 : Int64(digits) ?? .max, 999_999_999)
    }

    /// Takes a value of `x-hoosh-cache`: `bypass` goes past the cache, `refresh` replaces what it has.
    package mutating func take(ownField value: Span<UInt8>) {
        for word in CacheWish.items(value) {
            switch word {
            case "bypass":
                mayRead = false
                mayWrite = false
            case "refresh": mayRead = false
            default: break
            }
        }
    }

    private static func items(_ value: Span<UInt8>) -> [String] {
        var text: [UInt8] = []
        for index in value.indices { text.append(ASCII.lower(value[index])) }
        return text.split(separator: 0x2c).map { item in
            String(decoding: item.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self)
        }
    }
}
