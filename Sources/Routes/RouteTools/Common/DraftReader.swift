import Analysis
import Bytes
import Dialect
import JSON
import Report
import RouteModel
import Routing
import Zones

/// A described request with everything that follows from the description.
struct DescribedRequest {
    var request: Request
    var draft: RequestDraft
    /// What the scan of its text found.
    var scan: ContentScan
    /// Unix seconds.
    var moment: Int
    /// Output tokens the request itself asks for.
    var maxTokens: Int?
    /// How many answers its body asks for.
    var answers = 1
    /// Text and messages of its body, for estimates by a provider's ratio; nil when it has none.
    var measure: RequestMeasure?
}

/// Fills in what a description leaves out.
struct DraftReader {
    let document: RouteDocument
    let scanner: ContentReader
    private let zones: [String: Zone]

    /// The request id that samples are taken by when nobody names a bucket.
    static let requestID = "explain"

    init(_ document: RouteDocument) {
        self.document = document
        scanner = ContentReader(document)
        var zones: [String: Zone] = [:]
        for window in document.windows where zones[window.zone] == nil {
            zones[window.zone] = try? Zones.load(window.zone)
        }
        self.zones = zones
    }

    /// Works out a request.
    func described(_ draft: RequestDraft, now: Int) -> DescribedRequest {
        var request = Request()
        let path = draft.path.map(Self.withoutQuery)
        request.path = path ?? (draft.api ?? .chat).usualPath
        // What the server reads from the path wins over what somebody says.
        request.api = path.flatMap { API(routed: Array($0.utf8)) } ?? draft.api ?? .chat
        request.method = draft.method ?? request.api.usualMethod
        request.key = draft.key
        let ownTenant = document.auth.keys.first { $0.name.value == draft.key }?.tenant?.value
        request.tenant = draft.tenant ?? ownTenant
        request.headers = draft.headers
        let body = Self.body(draft, request.api)
        let shape = try? RequestShape.read(body.span)
        request.model = draft.model ?? Self.model(shape, body)
        request.stream = draft.stream ?? shape?.stream ?? false
        let measure = body.isEmpty ? nil : RequestMeasure.of(body.span)
        request.tokens = draft.tokens ?? measure?.tokens ?? 0
        request.features = draft.features ?? FeatureSet(rawValue: measure?.features.rawValue ?? 0)
        let target = draft.path ?? request.path
        let scan = scanner.scan(body, api: request.api, target: target, headers: request.headers)
        request.contentLevel = scan.findings.compactMap(\.level).reduce(draft.level ?? .public, max)
        request.contentTags = draft.tags.union(scan.findings.compactMap(\.tag))
        let moment = draft.moment ?? now
        request.openWindows = openWindows(at: moment)
        request.buckets = buckets(of: request, draft)
        return DescribedRequest(
            request: request,
            draft: draft,
            scan: scan,
            moment: moment,
            maxTokens: draft.maxTokens ?? shape?.maxTokens,
            answers: shape?.answers ?? 1,
            measure: draft.tokens == nil ? measure : nil
        )
    }

    /// Why no such request comes to the routes, as far as endpoint, path and method tell; nil when one does.
    static func obstacle(_ draft: RequestDraft) -> String? {
        let path = draft.path.map(withoutQuery) ?? (draft.api ?? .chat).usualPath
        guard let api = API(routed: Array(path.utf8)) else {
            return "`\(path)` comes to no route: the server answers it itself"
        }
        if let wanted = draft.api, wanted != api {
            return "`\(path)` is no path of `\(wanted.word ?? "other")`: leave one of them out"
        }
        guard let method = draft.method else { return nil }
        guard RoutedRequests.passes(method: Array(method.utf8).span),
            RoutedRequests.passes(api.endpoint, isPost: method == "POST", hasModel: true)
        else { return "\(method) \(path) comes to no route: the server answers it itself" }
        return nil
    }

    /// Routes know a path without its query.
    private static func withoutQuery(_ path: String) -> String { String(path.prefix { $0 != "?" }) }

    /// As the server reads it: with what its escapes stand for.
    private static func model(_ shape: RequestShape?, _ body: [UInt8]) -> String? {
        guard let shape, !shape.model.isAbsent else { return nil }
        let spelled = body[shape.model.range]
        guard shape.modelIsEscaped else { return String(decoding: spelled, as: UTF8.self) }
        return JSONString(spelled: spelled).text
    }

    /// The body a description stands for; empty when it says nothing about one.
    private static func body(_ draft: RequestDraft, _ api: API) -> [UInt8] {
        switch draft.content {
        case .none: return []
        case .body(let bytes): return bytes
        case .messages(let json): return Array("{\"messages\":\(json)}".utf8)
        case .text(let text):
            let quoted = JSONValue.quoted(text)
            switch api {
            case .embeddings, .responses, .moderations, .speech: return Array("{\"input\":\(quoted)}".utf8)
            case .completions, .images: return Array("{\"prompt\":\(quoted)}".utf8)
            default: return Array("{\"messages\":[{\"role\":\"user\",\"content\":\(quoted)}]}".utf8)
            }
        }
    }

    // MARK: Time and samples

    /// A time as a test file says it.
    static func written(_ moment: Int) -> String { DateTime.text(moment) }

    private func openWindows(at moment: Int) -> Set<TimeWindow> {
        document.windows.filter { window in
            guard let time = zones[window.zone]?.time(at: moment) else { return false }
            return window.contains(weekday: time.weekday, minute: time.minute)
        }
    }

    private func buckets(of request: Request, _ draft: RequestDraft) -> [Subject: Int] {
        var buckets: [Subject: Int] = [:]
        for subject in Self.subjects(of: document) {
            let text: String?
            switch subject {
            case .request: text = Self.requestID
            case .key: text = request.key
            case .tenant: text = request.tenant
            case .header(let name): text = request.header(name)
            }
            guard let text else { continue }
            buckets[subject] = draft.bucket ?? SampleBucket.of(Array(text.utf8).span)
        }
        return buckets
    }

    private static func subjects(of document: RouteDocument) -> Set<Subject> {
        func subjects(_ match: Match) -> [Subject] {
            (match.sample == nil ? [] : [match.sampleBy?.value ?? .request])
                + ((match.any ?? []) + match.not).flatMap(subjects)
        }
        return Set(document.routes.compactMap(\.match).flatMap(subjects))
    }
}
