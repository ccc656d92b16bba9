import Foundation

/// Gateways of others, measured with the same stream where their programs are named by environment variables.
///
/// They come from PyPI, take minutes to install and are not needed otherwise, so nothing installs them:
/// `HOOSH_BENCH_LITELLM=…/bin/litellm HOOSH_BENCH_VLLM_ROUTER=…/bin/vllm-router`.
struct Peers {
    /// One way through one of them.
    struct Way {
        let title: String
        let client: LoadRequest.Dialect
        let model: String
        let program: Program
    }

    enum Program: String, CaseIterable {
        case liteLLM = "HOOSH_BENCH_LITELLM"
        case vllmRouter = "HOOSH_BENCH_VLLM_ROUTER"

        /// Where it is installed; nil when nobody says.
        var path: String? { ProcessInfo.processInfo.environment[rawValue] }
    }

    static let ways = [
        Way(title: "vllm-router, OpenAI to OpenAI", client: .openAI, model: "mock-small", program: .vllmRouter),
        Way(title: "LiteLLM, OpenAI to OpenAI", client: .openAI, model: "same", program: .liteLLM),
        Way(
            title: "LiteLLM, OpenAI's stream for an Anthropic client",
            client: .anthropic,
            model: "same",
            program: .liteLLM
        ),
        Way(
            title: "LiteLLM, Anthropic's stream for an OpenAI client",
            client: .openAI,
            model: "other",
            program: .liteLLM
        ),
    ]

    let paths: Paths
    let upstream: UInt16

    /// Starts one and waits until it answers, which takes LiteLLM half a minute.
    func start(_ program: Program, _ path: String) throws -> Running {
        guard let port = LoopbackSocket.freePort(), let metrics = LoopbackSocket.freePort() else {
            throw BenchFailure("no free port")
        }
        let address = "http://127.0.0.1:\(upstream)"
        let name = URL(fileURLWithPath: path).lastPathComponent
        var arguments = [path, "--host", "127.0.0.1", "--port", "\(port)"]
        switch program {
        case .liteLLM:
            let file = "\(paths.work)/litellm.yaml"
            try configuration(address).write(toFile: file, atomically: true, encoding: .utf8)
            arguments += ["--config", file, "--num_workers", "1", "--telemetry", "False"]
            setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True", 1)
        case .vllmRouter:
            arguments += ["--worker-urls", address, "--policy", "round_robin", "--prometheus-port", "\(metrics)"]
        }
        let child = try Child(name, arguments, cpu: Placement.proxy, logPath: "\(paths.work)/\(name).log")
        let end = Clock.seconds + 120
        while Clock.seconds < end, child.isAlive {
            if LoopbackSocket.answers(port) {
                // It listens before its routes are there.
                usleep(3_000_000)
                return Running(.direct, port: port, child: child)
            }
            usleep(100_000)
        }
        child.end()
        throw BenchFailure("\(name) does not listen; it said: \(child.log.suffix(600))")
    }

    private func configuration(_ address: String) -> String {
        """
        model_list:
          - model_name: same
            litellm_params: {model: hosted_vllm/mock-small, api_base: "\(address)/v1", api_key: none}
          - model_name: other
            litellm_params: {model: anthropic/mock-small, api_base: "\(address)", api_key: none}
        litellm_settings: {telemetry: false}
        general_settings: {master_key: sk-bench}

        """
    }
}
