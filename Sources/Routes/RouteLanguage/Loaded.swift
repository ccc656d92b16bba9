import Identity
import MCP
import Providers
import Report
import RouteModel
import SharedPools

/// One file that was read: the root, or one that it includes.
package struct LoadedFile: Sendable {
    /// As messages name it.
    package let path: String
    package let source: SourceText
    /// Nil when its text is no YAML document.
    package let root: Node?
    init(path: String, source: SourceText, root: Node?) {
        self.path = path
        self.source = source
        self.root = root
    }
}

/// What came of reading a route file.
package struct Loaded: Sendable {
    /// Everything found.
    package internal(set) var problems = Problems()
    /// The root file's document; nil when it is no YAML.
    package internal(set) var root: Node?
    /// Every file that was read, the root first.
    package internal(set) var files: [LoadedFile] = []
    /// The whole configuration; nil when an error of the text, the types or the names makes it meaningless.
    package internal(set) var document: RouteDocument?
    /// For the service.
    package internal(set) var listen = ListenSettings()
    /// Upstreams with their secrets resolved; positions are those of `document.providers`.
    package internal(set) var providers: [Provider] = []
    /// MCP servers with their secrets resolved.
    package internal(set) var tools = ToolSettings()
    /// Who may come in; of tokens only the digests, and none in lint.
    package internal(set) var access = AccessSettings()

    /// The secret of the audit log's chain; nil where none is named, and in lint.
    package internal(set) var auditKey: String?

    /// Where a store is that several proxies share, with its password; nil without one, and in lint.
    package internal(set) var sharedStore: RedisAddress?

    /// Files that `file:` and `tls` name, sorted, whether they could be read or not; none in lint.
    package internal(set) var namedFiles: [String] = []

    /// Nothing read yet.
    package init() {}
}
