import Decision
import Routing
import Providers
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
            let code = error.reason.hasPrefix("larger") ? "HP007" : "HP012"
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
        // A byte order mark at the very start is harmless, and columns do not count it.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        let source = SourceText(path: path, bytes: text)
        var loaded = Loaded()
        loaded.problems.add(source: source)
        if text.count > TextCheck.limitBytes {
            let spot = Spot(path: path, line: 1, column: 1, length: 1)
            loaded.problems.add(Problem(.error, "HP007", "a route file has at most 4 MiB", at: spot))
            return loaded
        }
        if let fault = TextCheck.fault(in: source) {
            loaded.problems.add(fault)
        } else {
            loaded.root = DocumentReader.read(source, &loaded.problems)
        }
        loaded.files = [LoadedFile(path: path, source: source, root: loaded.root)]
        guard let root = loaded.root else { return loaded }
        let findings = Findings()
        findings.take(loaded.problems)
        withoutActuallyEscaping(environment) { environment in
            let secrets = Secrets(findings: findings, purpose: purpose, environment: environment)
            let configuration = compile(root, source, secrets)
            loaded.problems = findings.problems
            loaded.configuration = findings.problems.hasErrors ? nil : configuration
        }
        return loaded
    }

    private static func compile(_ root: Node, _ source: SourceText, _ secrets: Secrets) -> Configuration? {
        let findings = secrets.findings
        ShapeCheck(findings: findings, purpose: secrets.purpose).check(root)
        guard root.isMapping else { return nil }
        let listen = ListenMeaning(root, findings)
        let drafts = ProvidersMeaning(root, secrets, listen, path: source.path).drafts
        let providers = drafts.compactMap(\.provider)
        let models = ModelsMeaning(root, providers, findings)
        let routes = RoutesMeaning(root, drafts, secrets)
        if findings.problems.hasErrors { return nil }
        return Configuration(
            listen: listen.settings,
            providers: providers,
            program: Program(routes: routes.routes, boxes: routes.boxes),
            aliases: models.aliases,
            advertisedModels: models.advertised,
            sourcePath: source.path,
            sourceBytes: source.bytes
        )
    }
}
