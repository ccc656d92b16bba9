import RouteModel
import Routing

/// What the privacy rules found in a text.
struct ContentScan {
    struct Finding {
        /// Position in `privacy.rules`; nil for an outcome of the scan itself.
        var rule: Int?
        var level: Level?
        var tag: String?
        /// `ssn at messages[0].content[10..21]`.
        var sentence: String
    }
    var findings: [Finding] = []
}

/// Runs the content rules of a file over a body.
struct ContentReader {
    let document: RouteDocument
    init(_ document: RouteDocument) { self.document = document }

    func scan(_ body: [UInt8], api: API) -> ContentScan { ContentScan() }
}
