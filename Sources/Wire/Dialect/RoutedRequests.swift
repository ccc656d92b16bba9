import Bytes

/// Which requests come to the routes: all others the server answers itself, before any route is asked.
package enum RoutedRequests {
    /// A method that is never passed on: the upstream would echo the provider's key (RFC 9110 §9.3.8).
    package static let refusedMethod = "TRACE"

    /// Paths that no route sees: the server answers there itself, or routes what comes there as if it stood elsewhere.
    package static let unseenPaths = OwnPath.allCases.map(\.rawValue) + [Surface.transcribe.description]

    /// The endpoint of a path that requests can come to the routes with; nil when none can.
    package static func endpoint(of path: Span<UInt8>) -> EndpointName? {
        var reader = PathReader()
        for index in path.indices where !reader.take(path[index]) { return nil }
        guard reader.isWhole, !OwnPath.allCases.contains(where: { isOf($0, path) }),
            !ASCII.equals(path, Surface.transcribe)
        else { return nil }
        return EndpointName.recognise(path: path)
    }

    private static func isOf(_ own: OwnPath, _ path: Span<UInt8>) -> Bool {
        let text = own.rawValue.utf8
        guard path.count == text.count || own.isTree && path.count > text.count && path[text.count] == 0x2f
        else { return false }
        for (index, byte) in text.enumerated() where path[index] != byte { return false }
        return true
    }

    /// True for a method that can be sent: a token without small letters (RFC 9110 §9.1), and not `TRACE`.
    package static func passes(method: Span<UInt8>) -> Bool {
        guard method.count > 0, method.count <= 32, !ASCII.equals(method, "TRACE") else { return false }
        for index in method.indices where !ASCII.isToken(method[index]) || method[index] &- 0x61 < 26 { return false }
        return true
    }

    /// True when the endpoint takes the method, and the model if it must have one.
    package static func passes(_ endpoint: EndpointName, isPost: Bool, hasModel: Bool) -> Bool {
        if endpoint.takesOnlyPost, !isPost { return false }
        return hasModel || !isPost || !endpoint.needsModel
    }
}

/// Reads a path byte by byte and knows after each whether it may be one that comes to the routes.
///
/// It says of a path what the server's reading of a head, the prefix of the API and `PlainPath` say together, in a form
/// of few states, so that proofs can walk all paths.
package struct PathReader: Hashable, Sendable {
    private enum Segment: Hashable, Sendable {
        case empty, dot, dots, word
        /// Behind `%`, and behind its first digit.
        case percent
        case high(UInt8)
    }
    /// How much of `/v1/models/` has been read; negative once something else stands there.
    private var progress = 0
    private var segment = Segment.empty
    private static let prefix: StaticString = "/v1/models/"

    package init() {}

    /// True when the path may end here.
    package var isWhole: Bool { (progress < 0 || progress >= 4) && segment == .word }

    /// True between `%` and the last digit behind it.
    package var isInEscape: Bool {
        switch segment {
        case .percent, .high: true
        case .empty, .dot, .dots, .word: false
        }
    }

    /// Goes on by one byte; false when no path does.
    package mutating func take(_ byte: UInt8) -> Bool {
        guard byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "?"), byte != UInt8(ascii: "#") else { return false }
        let isPrefix = progress >= 0 && progress < 11 && byte == ASCII.byte(Self.prefix, at: progress)
        if progress >= 0, progress < 4 {
            progress += 1
            return isPrefix
        }
        let isModel = progress == 11
        if !isModel { progress = isPrefix ? progress + 1 : -1 }
        switch (segment, byte) {
        case (.percent, _):
            guard let high = PlainPath.digit(byte) else { return false }
            segment = .high(high)
        case (.high(let high), _):
            guard let low = PlainPath.digit(byte) else { return false }
            let encoded = high << 4 | low
            if PlainPath.isUnreserved(encoded) { return false }
            if encoded == UInt8(ascii: "/") || encoded == UInt8(ascii: "\\"), !isModel { return false }
            segment = .word
        case (.word, UInt8(ascii: "/")): segment = .empty
        case (_, UInt8(ascii: "/")): return false
        case (_, UInt8(ascii: "%")): segment = .percent
        case (.empty, UInt8(ascii: ".")): segment = .dot
        case (.dot, UInt8(ascii: ".")): segment = .dots
        default: segment = .word
        }
        return true
    }
}
