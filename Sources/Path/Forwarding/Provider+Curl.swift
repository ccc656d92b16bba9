import Decision
import Routing
import Providers

extension CurlTarget {
    /// How libcurl is told to reach a place of the route file.
    package init(_ url: ProviderURL, path: String, tls: TLSSettings, isLocal: Bool) {
        let scheme = url.isTLS ? "https" : "http"
        let host = url.host.contains(":") ? "[\(url.host)]" : url.host
        // The certificate is checked against the URL's host, so a server name goes there and the real host beside it.
        let named = tls.serverName ?? host
        self.init(url: "\(scheme)://\(named):\(url.port)\(path)")
        if tls.serverName != nil { connectTo = "\(named):\(url.port):\(host):\(url.port)" }
        unixPath = url.unixPath
        bypassesProxy = isLocal
        caPath = tls.caPath
        // Whoever asks often says more (`UpstreamPool`).
        caAgeSeconds = tls.caPath == nil ? nil : 0
        pins = tls.pins.isEmpty ? nil : tls.pins.joined(separator: ";")
        certificatePath = tls.certificatePath
        keyPath = tls.keyPath
        isTLS13Required = tls.isTLS13Required
        isVerified = tls.isVerified
    }
}

extension Provider {
    /// How libcurl is told to reach this provider; `path` matters to side calls only.
    package func curlTarget(path: String) -> CurlTarget {
        CurlTarget(url, path: path, tls: tls, isLocal: isLocal)
    }

    /// The Host field's value (RFC 9110 §7.2): the port is left out where it is the scheme's own.
    package var hostField: String {
        let host = url.host.contains(":") ? "[\(url.host)]" : url.host
        if url.unixPath != nil { return host }
        return url.port == (url.isTLS ? 443 : 80) ? host : "\(host):\(url.port)"
    }

    /// The head fields that are the same for every request: bytes ready to send, and their names.
    func fixedFields(_ keyField: HeaderPair?) -> (bytes: [UInt8], names: [String]) {
        var pairs = [HeaderPair(name: "host", value: hostField)]
        if let keyField { pairs.append(keyField) }
        for pair in headers {
            pairs.removeAll { $0.name == pair.name }
            pairs.append(pair)
        }
        var bytes: [UInt8] = []
        for pair in pairs { bytes.append(contentsOf: "\(pair.name): \(pair.value)\r\n".utf8) }
        return (bytes, pairs.map(\.name))
    }

    /// The fields of a question for its models: each format has its own way to carry the key.
    package func modelListFields() -> [String] {
        switch kind.modelList {
        case .gemini: sideCallFields(keyField(for: .gemini))
        case .anthropic: sideCallFields(keyField) + ["anthropic-version: 2023-06-01"]
        case .openAI, .ollama, nil: sideCallFields(keyField)
        }
    }

    /// The fields a side call sends, in libcurl's form.
    package func sideCallFields() -> [String] { sideCallFields(keyField) }

    private func sideCallFields(_ keyField: HeaderPair?) -> [String] {
        var lines: [String] = []
        if let keyField { lines.append("\(keyField.name): \(keyField.value)") }
        for pair in headers { lines.append("\(pair.name): \(pair.value)") }
        return lines
    }
}
