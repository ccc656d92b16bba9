import Providers
import Report
import RouteModel
import Routing

/// Reads `models`: aliases, and the names that may be told to clients.
struct ModelsMeaning {
    private(set) var aliases: [String: String] = [:]
    private(set) var advertised: [String] = []

    /// The same with places, in file order.
    private(set) var entries: [RouteDocument.Alias] = []
    private(set) var known: [Located<String>]?
    private(set) var facts: [(pattern: Located<String>, facts: ModelFacts)] = []

    init(_ assembly: Assembly, _ providers: [Provider], _ findings: Findings) {
        let entries = assembly.entries("models", "aliases", checking: findings)
        for entry in entries {
            guard let text = entry.value.text, !entry.value.isNothing else { continue }
            aliases[entry.name] = text
            self.entries.append(
                RouteDocument.Alias(
                    name: Located(entry.name, at: entry.key.spot),
                    model: Located(text, at: entry.value.spot)
                )
            )
        }
        let lists = assembly.nodes("models").compactMap { Read.all($0, "known", Read.globText) }
        known = lists.isEmpty ? nil : lists.flatMap { $0 }
        facts = assembly.entries("models", "facts", checking: findings).map(Self.facts)
        var served: [String: String] = [:]
        for provider in providers where provider.isEnabled {
            for model in (provider.models ?? []).flatMap(\.exactTexts) where served[model] == nil {
                served[model] = provider.name
            }
        }
        let places = Dictionary(entries.map { ($0.name, $0.key.spot) }) { first, _ in first }
        for entry in entries {
            if let model = entry.value.text, let other = places[model] {
                findings.error(
                    "HP208",
                    "`\(entry.name)` stands for `\(model)`, which is an alias itself",
                    at: entry.value.spot,
                    labels: [Label(other, "the other alias")],
                    notes: ["an alias is looked up once"],
                    help: aliases[model].map { ["name the model:  \(entry.name): \($0)"] } ?? []
                )
            }
            if let provider = served[entry.name] {
                findings.error(
                    "HP208",
                    "`\(entry.name)` is a model that `\(provider)` serves: as an alias it could never be asked for",
                    at: entry.key.spot
                )
            }
        }
        advertised = Set(served.keys).union(aliases.keys).sorted()
    }

    private static func facts(_ entry: Node.Entry) -> (pattern: Located<String>, facts: ModelFacts) {
        let inputs = Read.texts(entry.value["inputs"])?.compactMap(ModelFacts.Input.init(rawValue:))
        let facts = ModelFacts(
            context: Read.count(entry.value, "context", 1...Int.max),
            output: Read.count(entry.value, "output", 1...Int.max),
            inputs: inputs.map { Set($0) }
        )
        return (Located(entry.name, at: entry.key.spot), facts)
    }
}
