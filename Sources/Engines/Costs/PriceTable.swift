import Decision

/// What the models of one provider cost.
///
/// The first that has an answer counts:
///
/// 1. the target's own prices (`routes[].to[].price`), 2. the provider's (`providers.*.price`), 3. nothing, when the provider is
/// local, 4. the built-in list, 5. the usual price of the kind of provider.
///
/// Within each of them a name without wildcards wins, then the glob with the most characters that are no wildcards, then the
/// one that stands first. A name with a vendor in front (`openai/gpt-4o`) is also looked for without it, but as it stands first.
package struct PriceTable: Sendable {
    /// A price and the models that have it.
    struct Row: Sendable {
        let glob: Glob?
        let pattern: String?
        /// Characters that are no wildcards; names without wildcards are above all globs.
        let weight: Int
        let price: Price

        init?(_ pattern: String?, _ price: Price) {
            self.price = price
            self.pattern = pattern
            guard let pattern else {
                glob = nil
                weight = -1
                return
            }
            guard let glob = try? Glob(parsing: pattern) else { return nil }
            self.glob = glob
            weight = glob.isLiteral ? .max : pattern.utf8.count { !"*?[]!{},\\".utf8.contains($0) }
        }

        func matches(_ model: Span<UInt8>) -> Bool { glob?.matches(model) ?? true }
    }

    private var first: [Row] = []
    private let own: [Row]
    private let builtin: [Row]
    private let usual: Price?
    private let isLocal: Bool

    /// Makes the table of one provider.
    ///
    /// * `kind`: its word in the route file.
    /// * `own`: globs, nil for all models, with prices that the file says.
    package init(kind: String, isLocal: Bool, own: [(pattern: String?, price: Price)] = []) {
        self.own = PriceTable.sorted(own.compactMap { Row($0.pattern, $0.price) })
        self.isLocal = isLocal
        builtin = isLocal ? [] : BuiltinPrices.rows(of: kind)
        usual = isLocal ? .free : BuiltinPrices.usual[kind]
    }

    /// The same table below other prices, which win.
    package func below(_ prices: [(pattern: String?, price: Price)]) -> PriceTable {
        var table = self
        table.first = PriceTable.sorted(prices.compactMap { Row($0.pattern, $0.price) })
        return table
    }

    /// Globs of the models in the built-in list, in no order.
    package var builtinPatterns: [String] { builtin.compactMap(\.pattern) }

    /// True when there is a price for whatever the model is.
    package var knowsAll: Bool { isLocal || usual != nil || (first + own).contains { $0.glob == nil } }

    private static func sorted(_ rows: [Row]) -> [Row] {
        rows.enumerated().sorted { one, two in
            one.element.weight != two.element.weight
                ? one.element.weight > two.element.weight : one.offset < two.offset
        }.map(\.element)
    }

    /// The price of a model; nil when nobody knows it.
    package func price(of model: [UInt8]) -> Price? {
        if let price = Self.find(model, in: first) ?? Self.find(model, in: own) { return price }
        if isLocal { return .free }
        return Self.find(model, in: builtin) ?? usual
    }

    /// True when the file or the list names a price, so that it is no guess by the kind of provider.
    package func knows(_ model: [UInt8]) -> Bool {
        isLocal || Self.find(model, in: first) != nil || Self.find(model, in: own) != nil
            || Self.find(model, in: builtin) != nil
    }

    private static func find(_ model: [UInt8], in rows: [Row]) -> Price? {
        if rows.isEmpty { return nil }
        if let row = rows.first(where: { $0.matches(model.span) }) { return row.price }
        guard let slash = model.lastIndex(of: 0x2f) else { return nil }
        let short = Array(model[(slash + 1)...])
        return rows.first { $0.matches(short.span) }?.price
    }
}
