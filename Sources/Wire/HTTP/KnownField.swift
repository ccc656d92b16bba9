import Bytes

/// Field names that mean something to a proxy; all others pass as they are.
package enum KnownField: UInt8 {
    case other
    case te, via, date, host, cookie, expect, accept, server, apiKey, trailer, upgrade
    case xApiKey, connection, keepAlive, userAgent, retryAfter, contentType, xRequestID, authorization
    case contentLength, acceptEncoding, xGoogApiKey, contentEncoding, transferEncoding, proxyConnection
    case proxyAuthenticate, proxyAuthorization, retryAfterMilliseconds, azureRetryAfterMilliseconds

    /// Recognises a name, whatever its case; by length first, then by its bytes.
    package static func recognise(_ name: Span<UInt8>) -> KnownField {
        func match(_ text: StaticString, _ field: KnownField) -> KnownField {
            ASCII.equalsIgnoringCase(name, text) ? field : .other
        }
        switch name.count {
        case 2: return match("te", .te)
        case 3: return match("via", .via)
        case 4: return ASCII.lower(name[0]) == 0x68 ? match("host", .host) : match("date", .date)
        case 6:
            switch ASCII.lower(name[0]) {
            case 0x63: return match("cookie", .cookie)
            case 0x65: return match("expect", .expect)
            case 0x61: return match("accept", .accept)
            default: return match("server", .server)
            }
        case 7:
            switch ASCII.lower(name[0]) {
            case 0x61: return match("api-key", .apiKey)
            case 0x74: return match("trailer", .trailer)
            default: return match("upgrade", .upgrade)
            }
        case 9: return match("x-api-key", .xApiKey)
        case 10:
            switch ASCII.lower(name[0]) {
            case 0x63: return match("connection", .connection)
            case 0x6b: return match("keep-alive", .keepAlive)
            default: return match("user-agent", .userAgent)
            }
        case 11: return match("retry-after", .retryAfter)
        case 12:
            return ASCII.lower(name[0]) == 0x63
                ? match("content-type", .contentType) : match("x-request-id", .xRequestID)
        case 13: return match("authorization", .authorization)
        case 14:
            switch ASCII.lower(name[0]) {
            case 0x63: return match("content-length", .contentLength)
            case 0x72: return match("retry-after-ms", .retryAfterMilliseconds)
            case 0x78: return match("x-goog-api-key", .xGoogApiKey)
            default: return .other
            }
        case 15: return match("accept-encoding", .acceptEncoding)
        case 16:
            return ASCII.lower(name[0]) == 0x63
                ? match("content-encoding", .contentEncoding) : match("proxy-connection", .proxyConnection)
        case 17: return match("transfer-encoding", .transferEncoding)
        case 18: return match("proxy-authenticate", .proxyAuthenticate)
        case 19:
            return ASCII.lower(name[0]) == 0x70
                ? match("proxy-authorization", .proxyAuthorization)
                : match("x-ms-retry-after-ms", .azureRetryAfterMilliseconds)
        default: return .other
        }
    }
}

/// One field line, as places in the head's bytes.
package struct Field {
    /// As it was spelled.
    package let name: TextRange
    /// Without the white space around it.
    package let value: TextRange
    /// What the name means here.
    package let id: KnownField
}
