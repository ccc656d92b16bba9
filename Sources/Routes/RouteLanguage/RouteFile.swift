import Report

/// A route file, from bytes to a configuration.
package enum RouteFile {
    /// What the file is read for.
    package enum Purpose: Sendable {
        /// Keys without an engine and missing secrets refuse it.
        case serve
        /// Secrets are not looked at; keys without an engine are notes.
        case lint
    }

    /// Reads and checks a file with everything it includes.
    ///
    /// - Parameters:
    ///   - path: the file, or `-` for standard input.
    ///   - purpose: serve or lint.
    ///   - environment: looks up `env:NAME`.
    /// - Returns: everything found, and the configuration.
    package static func load(_ path: String, purpose: Purpose, environment: (String) -> String?) -> Loaded {
        do throws(Files.Failure) {
            let bytes = try Files.read(path, limit: TextCheck.limitBytes)
            return read(bytes, path: path, purpose: purpose, environment: environment)
        } catch {
            var loaded = Loaded()
            let spot = Spot(path: path, line: 1, column: 1, length: 1)
            let code = error.isTooLarge ? "HP007" : "HP012"
            loaded.problems.add(Problem(.error, code, "cannot read `\(path)`: \(error.reason)", at: spot))
            return loaded
        }
    }

    /// The same for bytes that are there already; `path` is what messages call them.
    ///
    /// - Parameters:
    ///   - bytes: the file's content.
    ///   - path: its name.
    ///   - purpose: serve or lint.
    ///   - environment: looks up `env:NAME`.
    /// - Returns: everything found, and the configuration.
    package static func read(
        _ bytes: [UInt8],
        path: String,
        purpose: Purpose,
        environment: (String) -> String?
    ) -> Loaded {
        let findings = Findings()
        let file = Includes.parsed(bytes, path, findings)
        var loaded = Loaded()
        loaded.root = file.root
        loaded.files = [file]
        guard let root = file.root else {
            loaded.problems = findings.problems
            return loaded
        }
        withoutActuallyEscaping(environment) { environment in
            let secrets = Secrets(findings: findings, purpose: purpose, environment: environment)
            fill(&loaded, file, root, secrets)
        }
        loaded.problems = findings.problems
        loaded.namedFiles = findings.namedFiles.sorted()
        return loaded
    }

    private static func fill(_ loaded: inout Loaded, _ file: LoadedFile, _ root: Node, _ secrets: Secrets) {
        let findings = secrets.findings
        let engines = EngineCheck(findings, secrets.purpose)
        let shape = ShapeCheck(findings: findings, engines: engines)
        shape.check(root, isFragment: false)
        guard root.isMapping else { return }
        let includes = Includes(file, findings)
        loaded.files = includes.files
        for part in includes.files.dropFirst() {
            if let root = part.root { shape.check(root, isFragment: true) }
        }
        engines.summarize()
        let assembly = Assembly(includes, root, findings)
        if root.entry("include") != nil, !assembly.isPartial {
            for name in ["providers", "routes"] where !assembly.has(name) {
                findings.error("HP104", "the file needs `\(name)`", at: root.spot)
            }
        }
        let meaning = DocumentMeaning(assembly, includes, secrets)
        loaded.document = meaning.document
        loaded.listen = meaning.listen
        loaded.providers = meaning.providers
        loaded.tools = meaning.tools
        loaded.access = meaning.access
        loaded.auditKey = meaning.auditKey
        loaded.sharedStore = meaning.sharedStore
    }
}
