import Bytes
import Forwarding
import JSON
import Loop
import Providers

/// The models of all providers as one list: asked in parallel, merged, cached.
///
/// Loop only: each loop keeps its own copy.
final class ModelCatalog {
    private struct Model {
        let id: [UInt8]
        let created: Int
        let owner: [UInt8]
    }

    private let snapshot: Snapshot
    private let curl: CurlMulti
    private var cached: [UInt8] = []
    private var cachedUntil: Int64 = 0
    /// What each provider answered last; an older answer serves while a provider is silent.
    private var lists: [[Model]]
    private var waiting: [([UInt8]) -> Void] = []
    private var missing = 0

    /// How long a merged list is served, nanoseconds.
    private static let freshNanoseconds: Int64 = 10_000_000_000
    /// Providers that have not answered by then are left out, milliseconds.
    private static let deadlineMilliseconds = 2_000
    private static let bodyLimitBytes = 4 << 20

    init(_ snapshot: Snapshot, curl: CurlMulti) {
        self.snapshot = snapshot
        self.curl = curl
        lists = Array(repeating: [], count: snapshot.configuration.providers.count)
    }

    /// Gives the list as an answer's body, now or when the providers have answered.
    func list(_ done: @escaping ([UInt8]) -> Void) {
        if curl.loop.now < cachedUntil { return done(cached) }
        waiting.append(done)
        guard waiting.count == 1 else { return }
        let providers = snapshot.configuration.providers.filter { $0.isEnabled && $0.apis.contains(.models) }
        missing = providers.count
        if providers.isEmpty { return complete() }
        for provider in providers { ask(provider) }
    }

    /// Names that could be asked for: those known now, or if there are none, those the providers tell.
    func names(_ done: @escaping ([String]) -> Void) {
        let known = knownNames
        guard known.isEmpty else { return done(known) }
        list { _ in done(self.knownNames) }
    }

    /// What is known without asking: aliases, names and globs of the route file, and the last answers of the providers.
    var knownNames: [String] {
        let configuration = snapshot.configuration
        var names = configuration.advertisedModels
        for (index, list) in lists.enumerated() {
            names += (configuration.providers[index].models ?? []).map(\.text)
            names += list.map { String(decoding: $0.id, as: UTF8.self) }
        }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    private func ask(_ provider: Provider) {
        let path = provider.targetPrefix.path(for: "/v1/models")
        guard let handle = curl.handle(provider.curlTarget(path: path), bodyLimit: ModelCatalog.bodyLimitBytes)
        else { return answered() }
        handle.get(timeoutMilliseconds: ModelCatalog.deadlineMilliseconds, headerLines: provider.sideCallFields())
        // Holds the catalog until the provider has answered, also across a reload.
        handle.whenDone = { [unowned handle] fault in
            if fault == nil, handle.status == 200 {
                let body = handle.body
                let found = ModelCatalog.models(in: body.span)
                self.lists[provider.index] = found.filter { model in
                    let id = model.id
                    return provider.serves(model: id.span, api: .models)
                }
            }
            handle.end()
            self.answered()
        }
        curl.start(handle)
    }

    private func answered() {
        missing -= 1
        if missing <= 0 { complete() }
    }

    private func complete() {
        cached = merged()
        // A list that nobody could fill is asked for again with the next request.
        cachedUntil = lists.allSatisfy(\.isEmpty) ? 0 : curl.loop.now + ModelCatalog.freshNanoseconds
        let callers = waiting
        waiting = []
        for done in callers { done(cached) }
    }

    /// All ids once, in the order of the providers, aliases first.
    private func merged() -> [UInt8] {
        var seen: Set<[UInt8]> = []
        var out: [UInt8] = Array("{\"object\":\"list\",\"data\":[".utf8)
        func add(_ id: [UInt8], _ created: Int, _ owner: [UInt8]) {
            guard seen.insert(id).inserted else { return }
            if seen.count > 1 { out.append(0x2c) }
            out += Array("{\"id\":\"".utf8) + id + Array("\",\"object\":\"model\",\"created\":\(created),".utf8)
            out += Array("\"owned_by\":\"".utf8) + owner + Array("\"}".utf8)
        }
        for alias in snapshot.configuration.aliases.keys.sorted() {
            add(JSONText.escaped(Array(alias.utf8)), 0, Array("hoosh-proxy".utf8))
        }
        for (index, list) in lists.enumerated() {
            let name = Array(snapshot.configuration.providers[index].name.utf8)
            for model in list { add(model.id, model.created, model.owner.isEmpty ? name : model.owner) }
        }
        return out + Array("]}".utf8)
    }

    /// Reads `{"data":[{"id":…,"created":…,"owned_by":…}]}`; ids stay as they are spelled in JSON.
    private static func models(in body: Span<UInt8>) -> [Model] {
        var result: [Model] = []
        guard let data = ObjectFields.value(of: "data", in: body) else { return result }
        ObjectFields.forEachElement(of: body.extracting(data)) { element in
            guard let id = ObjectFields.stringValue(of: "id", in: element), !id.isEmpty else { return }
            result.append(
                Model(
                    id: id,
                    created: ObjectFields.integerValue(of: "created", in: element) ?? 0,
                    owner: ObjectFields.stringValue(of: "owned_by", in: element) ?? []
                )
            )
        }
        return result
    }
}
