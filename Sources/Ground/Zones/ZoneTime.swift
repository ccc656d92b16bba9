/// A wall clock in some zone: what windows and calendar budgets read.
package struct ZoneTime: Equatable, Sendable {
    /// 0 is Monday.
    package let weekday: Int
    /// Minutes after midnight, 0 to 1,439.
    package let minute: Int
    package init(weekday: Int, minute: Int) {
        self.weekday = weekday
        self.minute = minute
    }
}
