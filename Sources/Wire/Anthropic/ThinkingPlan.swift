import Conversation
import JSON

/// How a request's wish to think is said to the model that is asked.
struct ThinkingPlan {
    enum Form: Equatable { case unsaid, disabled, adaptive, budget(Int) }
    var form = Form.unsaid
    /// `output_config.effort`.
    var effort: JSONString?
    var isShown: Bool?
    var maxTokens: Int
    /// The wish stood in a member `thinking` of another dialect.
    var isFromExtra = false

    var thinks: Bool { form != .unsaid && form != .disabled }

    /// The limit where the client set none: thinking counts towards it.
    static let leastLimit = 16_384

    /// The least budget that is taken.
    static let leastBudget = 1_024

    /// The tokens and the share of `max_tokens` that an effort is worth, where a budget must be set: the share leaves
    /// room for the answer, since thinking counts towards `max_tokens`.
    static func budget(_ effort: String?) -> (tokens: Int, percent: Int) {
        switch effort {
        case "minimal": (1_024, 20)
        case "low": (2_048, 20)
        case "high": (16_384, 80)
        case "xhigh", "max": (24_576, 90)
        default: (8_192, 50)
        }
    }

    /// The effort that a budget is worth, where the model sets its own.
    static func effort(_ budget: Int) -> JSONString? {
        budget <= 0 ? nil : budget <= 4_096 ? "low" : budget <= 12_288 ? "medium" : "high"
    }
}

extension AnthropicRequestWriter {
    /// Decides how thinking is said (build-with-claude/extended-thinking, adaptive-thinking, effort).
    mutating func plan(_ turns: [Turn]) -> ThinkingPlan {
        let limit = request.sampling.maxTokens
        var plan = ThinkingPlan(maxTokens: limit ?? terms.defaultMaxTokens)
        var asked = request.reasoning
        if asked == nil, let extra = request.extras.last(where: { $0.key == "thinking" }) {
            asked = AnthropicRequest.thinking(extra.value)
            plan.isFromExtra = asked != nil
        }
        guard let asked else { return plan }
        plan.isShown = asked.isShown
        let effort = asked.effort?.text
        let isOff = asked.isEnabled == false || effort == "none" || effort == nil && asked.budgetTokens == 0
        if model.knowsEffort, effort != "none" { plan.effort = self.effort(asked) }
        if isOff {
            if model.thinksAlways { drop("reasoning_effort") }
            if model.thinking != .absent, !model.thinksAlways { plan.form = .disabled }
            return plan
        }
        guard effort != nil || asked.isEnabled == true || asked.budgetTokens != nil || asked.isShown == true else {
            return plan
        }
        // "Thinking may not be enabled when tool_choice forces tool use."
        guard !isForced else {
            drop("reasoning_effort")
            return plan
        }
        switch model.thinking {
        case .absent: drop("reasoning_effort")
        case .adaptive:
            plan.form = .adaptive
            if limit == nil { plan.maxTokens = max(plan.maxTokens, ThinkingPlan.leastLimit) }
        case .budget: budget(asked, turns, limit, &plan)
        }
        return plan
    }

    private var isForced: Bool {
        guard let choice = request.toolChoice else { return false }
        switch choice {
        case .required, .function: return true
        case .auto, .none: return false
        }
    }

    private func effort(_ asked: ReasoningRequest) -> JSONString? {
        switch asked.effort?.text {
        case nil: asked.budgetTokens.flatMap(ThinkingPlan.effort)
        case "minimal": "low"
        case "xhigh": model.knowsExtraHigh ? "xhigh" : "high"
        default: asked.effort
        }
    }

    private mutating func budget(
        _ asked: ReasoningRequest,
        _ turns: [Turn],
        _ limit: Int?,
        _ plan: inout ThinkingPlan
    ) {
        // A turn whose calls are being answered must begin with its sealed thinking, which few clients keep.
        guard !model.isClaude || !Turn.lacksThinking(turns) else { return drop("reasoning_effort") }
        let worth = ThinkingPlan.budget(asked.effort?.text)
        var tokens = worth.tokens
        if let own = asked.budgetTokens, own > 0 { tokens = own }
        tokens = max(tokens, ThinkingPlan.leastBudget)
        if let limit {
            let isOwn = (asked.budgetTokens ?? 0) > 0 && tokens < limit
            if !isOwn { tokens = max(ThinkingPlan.leastBudget, min(tokens, limit / 100 * worth.percent)) }
            guard tokens < limit else { return drop("reasoning_effort") }
        } else {
            plan.maxTokens = tokens + terms.defaultMaxTokens
            if let most = model.longestAnswer, plan.maxTokens > most {
                plan.maxTokens = most
                // Some room must be left for what is said after the thinking.
                tokens = min(tokens, most / 5 * 4)
            }
        }
        plan.form = .budget(tokens)
    }
}
