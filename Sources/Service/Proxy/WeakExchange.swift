/// An exchange that may be gone when something that it waited for comes.
final class WeakExchange {
    weak var exchange: Exchange?
    init(_ exchange: Exchange) { self.exchange = exchange }
}
