/// A unit of time that rates and budgets are told in.
package enum Period: String, CaseIterable, Sendable {
    case sec, min, hour, day, week, month

    /// Length, a month being 30 days.
    package var seconds: Int {
        switch self {
        case .sec: 1
        case .min: 60
        case .hour: 3_600
        case .day: 86_400
        case .week: 604_800
        case .month: 2_592_000
        }
    }
}
