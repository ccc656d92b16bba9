import Bytes
import Dialect
import Forwarding
import Loop
import Providers
import Translation

/// The models of all providers as one list: asked in parallel, each in its own format, merged, cached.
///
/// Loop only: each loop keeps its own copy.
final class ModelCatalog {
    private let snapshot: Snapshot
    private let curl: CurlMulti
    private var cached: [ListedModel] = []
    private var cachedUntil: Int64 = 0
    /// What each provider answered last; an older answer serves while a provider is silent.
    private var lists: [[ListedModel]]
    private var waiting: [([ListedModel]) -> Void] = []
    private var missing = 0
    /// Providers of which it was said that their lists are cut.
    private var told: Set<Int> = []

    /// How long a merged list is served, nanoseconds.
    private static let freshNanoseconds: Int64 = 10_000_000_000
    /// Providers that have not answered by then are left out, milliseconds.
    private static let deadlineMilliseconds = 2_000
    private static let bodyLimitBytes = 4 << 20
    /// A list of more pages than these is taken as it is until there.
    private static let pageLimit = 20

    init(_ snapshot: Snapshot, curl: CurlMulti) {
        self.snapshot = snapshot
        self.curl = curl
        lists = Array(repeating: [], count: snapshot.configuration.providers.count)
    }

    /// Gives the list, now or when the providers have answered.
    func list(_ done: @escaping ([ListedModel]) -> Void) {
        if curl.loop.now < cachedUntil { return done(cached) }
        waiting.append(done)
        guard waiting.count == 1 else { return }
        let providers = snapshot.configuration.providers.filter {
            $0.isEnabled && $0.apis.contains(.models) && $0.kind.modelList != nil
        }
        missing = providers.count
        if providers.isEmpty { return complete() }
        for provider in providers { ask(provider, page: nil, number: 1, so: []) }
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
            names += list.map(\.id)
        }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// Asks for a page; `found` are the models of those before it.
    private func ask(_ provider: Provider, page: String?, number: Int, so found: [ListedModel]) {
        guard let path = provider.modelsPath(page: page), let format = provider.kind.modelList,
            let handle = curl.handle(provider.curlTarget(path: path), bodyLimit: ModelCatalog.bodyLimitBytes)
        else { return answered() }
        handle.get(
            timeoutMilliseconds: ModelCatalog.deadlineMilliseconds,
            headerLines: provider.modelListFields()
        )
        // Holds the catalog until the provider has answered, also across a reload.
        handle.whenDone = { [unowned handle] fault in
            var found = found
            var next: String?
            let isAnswered = fault == nil && handle.status == 200
            if isAnswered {
                let read = ModelPage.read(handle.body, as: format)
                found += read.models.filter { provider.serves(model: Array($0.id.utf8).span, api: .models) }
                next = read.next
            }
            handle.end()
            // 23: our own callback refused to take more (https://curl.se/libcurl/c/libcurl-errors.html).
            if fault?.code == 23 {
                let limit = ModelCatalog.bodyLimitBytes >> 20
                self.tell(provider, found, "a page of its list of models has more than \(limit) MiB")
            }
            if let next, next != page {
                guard number >= ModelCatalog.pageLimit else {
                    return self.ask(provider, page: next, number: number + 1, so: found)
                }
                self.tell(provider, found, "its list of models has more than \(ModelCatalog.pageLimit) pages")
            }
            if isAnswered || !found.isEmpty { self.lists[provider.index] = found }
            self.answered()
        }
        curl.start(handle)
    }

    /// Says once that a list is cut, and how much of it is there.
    private func tell(_ provider: Provider, _ found: [ListedModel], _ reason: String) {
        guard told.insert(provider.index).inserted else { return }
        let rest = found.isEmpty ? "none of it is listed" : "\(found.count) models of it are listed"
        Console.say("models: \(provider.name): \(reason); \(rest)")
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

    /// All models once, in the order of the providers, aliases first.
    private func merged() -> [ListedModel] {
        var places: [String: Int] = [:]
        var all: [ListedModel] = []
        for alias in snapshot.configuration.aliases.keys.sorted() {
            var model = ListedModel(id: alias)
            model.owner = "hoosh-proxy"
            places[alias] = all.count
            all.append(model)
        }
        for (index, list) in lists.enumerated() {
            let name = snapshot.configuration.providers[index].name
            for model in list {
                let place = places[model.id] ?? all.count
                if place == all.count {
                    places[model.id] = place
                    all.append(model)
                    if model.owner.isEmpty { all[place].owner = name }
                }
                if !all[place].providers.contains(name) { all[place].providers.append(name) }
            }
        }
        return all
    }
}
