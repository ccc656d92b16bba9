import Providers
import RouteModel
import Routing

extension ModelTable {
    /// What a file says of the models of one of its providers, above what is built in.
    package init(_ document: RouteDocument, provider: Int) {
        let windows = document.providers[provider].contexts.map { entry in
            (pattern: entry.pattern?.value ?? "*", facts: ModelFacts(context: entry.tokens))
        }
        self.init(windows + document.modelFacts.map { (pattern: $0.pattern.value, facts: $0.facts) })
    }
}
