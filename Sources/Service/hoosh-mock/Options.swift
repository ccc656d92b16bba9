import Loop

/// The command line.
struct Options {
    var listen = ListenAddress.tcp(host: "127.0.0.1", port: 8090)
    var certificateFile: String?
    var keyFile: String?
    var clientAuthorityFile: String?
    var models: [String] = []
    var threads = 1
    var isRecording = true
    var gapNanoseconds: Int64 = 0
    var corpus: String?
    var wantsHelp = false
    var isToolServer = false

    /// What is wrong with the command line.
    struct Mistake: Error {
        let text: String
    }

    init(_ arguments: [String]) throws(Mistake) {
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            switch flag {
            case "--help", "-h": wantsHelp = true
            case "--mcp-stdio": isToolServer = true
            case "--no-record": isRecording = false
            case "--listen":
                let value = try Options.value(of: flag, &rest)
                guard let address = ListenAddress(value) else { throw Mistake(text: "cannot listen on '\(value)'") }
                listen = address
            case "--tls-cert": certificateFile = try Options.value(of: flag, &rest)
            case "--tls-key": keyFile = try Options.value(of: flag, &rest)
            case "--client-ca": clientAuthorityFile = try Options.value(of: flag, &rest)
            case "--model": models.append(try Options.value(of: flag, &rest))
            case "--corpus": corpus = try Options.value(of: flag, &rest)
            case "--threads":
                let value = try Options.value(of: flag, &rest)
                guard let count = Int(value), (1...64).contains(count) else {
                    throw Mistake(text: "--threads is a number from 1 to 64")
                }
                threads = count
            case "--pace-ms":
                let value = try Options.value(of: flag, &rest)
                guard let pace = Double(value), pace >= 0, pace <= 60_000 else {
                    throw Mistake(text: "--pace-ms is a number of milliseconds")
                }
                gapNanoseconds = Int64(pace * 1_000_000)
            default: throw Mistake(text: "unknown argument '\(flag)'")
            }
        }
        if models.isEmpty { models = ["mock-small"] }
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw Mistake(text: "--tls-cert and --tls-key go together")
        }
        if clientAuthorityFile != nil, certificateFile == nil {
            throw Mistake(text: "--client-ca needs --tls-cert and --tls-key")
        }
    }

    private static func value(of flag: String, _ rest: inout ArraySlice<String>) throws(Mistake) -> String {
        guard let value = rest.popFirst() else { throw Mistake(text: "\(flag) needs a value") }
        return value
    }

    /// The address as a client writes it.
    var origin: String {
        let scheme = certificateFile == nil ? "http" : "https"
        if case .unix = listen { return certificateFile == nil ? "\(listen)" : "\(listen) (https)" }
        return "\(scheme)://\(listen)"
    }

    static var help: String {
        var text = """
            hoosh-mock: an upstream that runs no model, for tests, benchmarks and the quickstart. It speaks the formats of
            OpenAI, Anthropic, Gemini and Ollama.

            Usage: hoosh-mock [--listen ADDRESS] [--tls-cert FILE --tls-key FILE [--client-ca FILE]]
                              [--model NAME]... [--threads N] [--pace-ms D] [--no-record] [--corpus DIR]

              --listen ADDRESS   127.0.0.1:8090 (default), port 0 for a free one, or unix:/path
              --tls-cert, --tls-key   serve https with this certificate chain and key (PEM)
              --client-ca FILE   demand a client certificate signed by one of these
              --model NAME       a model of GET /v1/models; again for more (default mock-small)
              --threads N        event loops (default 1)
              --pace-ms D        time between the events of a stream that asks for no pace itself (default 0)
              --no-record        do not keep requests for GET /mock/requests: faster
              --corpus DIR       the recordings that x-mock-replay names
              --mcp-stdio        be an MCP server on standard input and output instead

            Endpoints: POST /v1/chat/completions, /v1/completions, /v1/responses, /v1/embeddings, GET /v1/models,
            /health, also below /v1beta/openai, /openai/v1 and /api/v1; POST /v1/messages, /v1/messages/count_tokens;
            /v1beta/models/M:generateContent, :streamGenerateContent, :countTokens; /api/chat, /api/generate,
            /api/embed, GET /api/tags; MCP over streamable HTTP at POST /mcp; other POSTs are echoed. GET /mock/requests, GET /mock/counters,
            POST /mock/defaults, POST /mock/reset.

            Request headers (docs/mock.md says more):
              x-mock-events N, x-mock-event-bytes B, x-mock-pace-ms D or x-mock-gap-us D, x-mock-coalesce K,
              x-mock-batch W, x-mock-stamp 1, x-mock-body-bytes B, x-mock-chunk-bytes B,
              x-mock-framing chunked|length|close, x-mock-random 1 with x-mock-seed S,
              x-mock-for NAME, x-mock-times N with x-mock-key KEY,
              x-mock-replay ID (a recording of the corpus, such as anthropic/012-messages-s)
              x-mock-fault NAME[,NAME]...:

            """
        for entry in Faults.all {
            let padding = String(repeating: " ", count: max(1, 20 - entry.name.count))
            text += "    \(entry.name)\(padding)\(entry.explanation)\n"
        }
        return text
    }
}
