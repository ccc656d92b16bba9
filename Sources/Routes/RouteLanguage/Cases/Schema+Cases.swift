import Routing

extension Schema {
    /// What a `*.test.yaml` may say (`routes.md` 5.1).
    package static let cases: Schema = make(path: "", rows: caseTable)

    /// The table of test files, as `table` is that of route files.
    package static let caseTable: [Key] =
        [
            Key("version", .version, "", "The version of the language.", isRequired: true),
            Key("config", .text, "by name", "The route file; `prod.test.yaml` is about `prod.yaml`."),
            Key("now", .text, "", "The time: `2026-11-20T10:00:00+01:00`."),
            Key("tests", .items, "", "Cases and proofs.", isRequired: true),
            Key("tests[]", .mapping, "", "A case or a proof."),
            Key("tests[].name", .text, "", "What the case is called."),
            Key("tests[].request", .mapping, "", "The request."),
            Key("tests[].given", .mapping, "", "How things stand."),
            Key("tests[].expect", .mapping, "", "What is to come of it."),
            Key("tests[].prove", .text, "", "The statement, for people."),
            Key("tests[].for_all", .same("routes[].match"), "everything", "Which requests it is about."),
            Key("tests[].never", .mapping, "", "What may happen to none of them."),
            Key("tests[].always", .mapping, "", "What must happen to each of them."),
        ] + requestKeys + givenKeys + expectKeys + claimKeys("tests[].never") + claimKeys("tests[].always")

    private static let requestKeys: [Key] = [
        Key("tests[].request.model", .model, "", "The model asked for."),
        Key("tests[].request.api", .word(API.allCases.compactMap(\.word)), "chat", "The endpoint."),
        Key("tests[].request.path", .text, "by api", "The path."),
        Key("tests[].request.method", .method, "by api", "The method."),
        Key("tests[].request.key", .name, "", "Whose key it carries."),
        Key("tests[].request.tenant", .text, "the key's", "Its tenant."),
        Key("tests[].request.headers", .map(.headerName), "", "Header fields."),
        Key("tests[].request.headers.*", .text, "", "A field's value."),
        Key("tests[].request.body", .text, "", "A user's text, or a whole JSON body."),
        Key("tests[].request.messages", .unread("list of messages"), "", "Messages with `role` and `content`."),
        Key("tests[].request.stream", .boolean, "false", "Whether it asks for an event stream."),
        Key("tests[].request.tokens", .count(0...Int.max), "estimated", "The prompt's estimate."),
        Key("tests[].request.max_tokens", .count(0...Int.max), "", "Output tokens it asks for."),
        Key("tests[].request.features", .oneOrMore(.word(Feature.allCases.map(\.rawValue))), "", "What it uses."),
        Key("tests[].request.class", .level, "", "A class its content is said to have."),
        Key("tests[].request.tags", .oneOrMore(.tag), "", "Tags its content is said to have."),
        Key("tests[].request.bucket", .percent, "its own", "Its place in every sample."),
        Key("tests[].request.pool", .name, "", "The pool its body names."),
        Key("tests[].request.at", .text, "now", "When it comes."),
    ]

    private static let givenKeys: [Key] = [
        Key("tests[].given.health", .map(.name), "up", "Providers that are `up` or `down`."),
        Key("tests[].given.health.*", .word(["up", "down"]), "", "Its health."),
        Key("tests[].given.latency", .map(.name), "", "How fast providers answered lately."),
        Key("tests[].given.latency.*", .duration, "", "Its average."),
        Key("tests[].given.in_flight", .map(.name), "0", "Requests that providers are serving."),
        Key("tests[].given.in_flight.*", .count(0...100_000), "", "Its number."),
        Key("tests[].given.pools", .map(.name), "", "What is used of pools."),
        Key("tests[].given.pools.*", .mapping, "", "One pool."),
        Key("tests[].given.pools.*.used", .amount, "", "In the pool's first unit: tokens, dollars or requests."),
        Key("tests[].given.pools.*.tokens", .count(0...Int.max), "", "Tokens used."),
        Key("tests[].given.pools.*.usd", .usd, "", "Dollars used."),
        Key("tests[].given.pools.*.requests", .count(0...Int.max), "", "Requests used."),
        Key("tests[].given.limits", .map(.name), "open", "Rate limits that are `spent` or `open`."),
        Key("tests[].given.limits.*", .word(["open", "spent"]), "", "Its state."),
    ]

    private static let expectKeys: [Key] = [
        Key("tests[].expect.route", .wordOr("none", .name), "", "The route that takes it; `none` for a 404."),
        Key("tests[].expect.class", .level, "", "Its class."),
        Key("tests[].expect.tags", .oneOrMore(.tag), "", "All its tags."),
        Key("tests[].expect.tiers", .unread("list of tiers"), "", "The targets left in each tier that has any."),
        Key("tests[].expect.first", .text, "", "The target asked first: `provider` or `provider/model`."),
        Key("tests[].expect.targets", .amount, "", "How many targets are left: `2` or `1..`."),
        Key("tests[].expect.status", .count(100...599), "", "The proxy's own answer, or 200 when it is sent on."),
        Key("tests[].expect.error", .text, "", "The `error.code` of the proxy's own answer."),
        Key("tests[].expect.model", .text, "", "The model the first target is asked for."),
        Key("tests[].expect.not_to", .oneOrMore(.text), "", "Providers or groups of which no target is left."),
        Key("tests[].expect.only_to", .oneOrMore(.text), "", "Providers or groups to which every target left belongs."),
        Key("tests[].expect.pool", .wordOr("none", .name), "", "The pool that is charged."),
    ]

    private static func claimKeys(_ path: String) -> [Key] {
        [
            Key("\(path).to", .oneOrMore(.text), "", "Providers, or `local`, `remote`, `any`."),
            Key("\(path).route", .oneOrMore(.name), "", "Routes."),
            Key("\(path).targets", .amount, "", "Targets left: `1..`, `..3` (the end is not inside) or `2`."),
            Key("\(path).status", .amount, "", "Status of the proxy's own answer; 200 when it is sent on."),
            Key("\(path).tries", .amount, "", "Upstream tries at most."),
        ]
    }
}
