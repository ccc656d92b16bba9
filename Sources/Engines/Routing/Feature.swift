/// What a request makes use of; what `match.features` tests.
package enum Feature: String, CaseIterable, Sendable {
    case tools, vision, audio
    case jsonSchema = "json_schema"
}

/// A set of features.
package struct FeatureSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The set of one.
    package init(_ feature: Feature) {
        switch feature {
        case .tools: rawValue = 1
        case .vision: rawValue = 2
        case .audio: rawValue = 4
        case .jsonSchema: rawValue = 8
        }
    }
    package static let all = FeatureSet(rawValue: 15)
}
