extension Schema {
    /// `tools`: MCP servers behind `/v1/tools` and `/mcp` (docs/tools-gateway.md).
    static let tools: [Key] =
        [
            Key("tools", .mapping, "", "MCP servers whose tools clients may list and call."),
            Key("tools.servers", .map(.name), "", "The servers, by name.", codes: ["HP115"]),
            Key("tools.servers.*", .mapping, "", "One server: a `command` or a `url`.", codes: ["HP115"]),
            Key(
                "tools.servers.*.command",
                .oneOrMore(.text),
                "",
                "A program with its arguments, spoken to over stdio; no shell is involved."
            ),
            Key(
                "tools.servers.*.env",
                .map(.text),
                "",
                "Its environment, beside `HOME LANG PATH TMPDIR TZ USER` and the like; nothing else is inherited."
            ),
            Key("tools.servers.*.env.*", .headerValue, "", "A variable's value."),
            Key("tools.servers.*.url", .url, "", "Its address of streamable HTTP.", codes: ["HP702"]),
            Key("tools.servers.*.key", .secret, "", "Sent as `authorization: Bearer`."),
            Key("tools.servers.*.headers", .map(.headerName), "", "Extra request header fields.", codes: ["HP418"]),
            Key("tools.servers.*.headers.*", .headerValue, "", "A field's value."),
        ] + certificates(under: "tools.servers.*.tls") + [
            Key("tools.servers.*.start_timeout", .duration, "10s", "From its start to its list of tools."),
            Key("tools.servers.*.call_timeout", .duration, "60s", "From a client's call to the answer."),
            Key(
                "tools.servers.*.max_in_flight",
                .count(1...10_000),
                "8",
                "Calls at a time; four times as many wait, more are refused."
            ),
            Key(
                "tools.servers.*.clearance",
                .level,
                "on this side `confidential`, beyond `internal`",
                "The highest class of a call that it may get."
            ),
            Key(
                "tools.allow",
                .oneOrMore(.glob),
                "[]",
                "The tools that may be listed and called: globs over `server/tool`. Nothing else is.",
                codes: ["HP213", "HP715", "HP716"]
            ),
            Key("tools.max_arguments", .size(1...(1 << 30)), "1MiB", "Largest arguments of a call."),
            Key("tools.max_result", .size((1 << 10)...(8 << 20)), "4MiB", "Largest message taken from a server."),
        ]
}
