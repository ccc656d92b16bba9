import Conversation
import JSON

/// Takes a request's values as what they must be; null is absent.
enum Wanted {
    static func text(_ node: JSONNode, _ path: String) throws(ConversationFault) -> JSONString? {
        if node.isNull { return nil }
        guard let text = node.string else { throw wrong(path, "a text") }
        return text
    }

    static func number(_ node: JSONNode, _ path: String) throws(ConversationFault) -> ArraySlice<UInt8>? {
        if node.isNull { return nil }
        guard let number = node.number else { throw wrong(path, "a number") }
        return number
    }

    static func integer(_ node: JSONNode, _ path: String) throws(ConversationFault) -> Int? {
        if node.isNull { return nil }
        guard let number = node.integer else { throw wrong(path, "a whole number, zero or more") }
        return number
    }

    static func bool(_ node: JSONNode, _ path: String) throws(ConversationFault) -> Bool? {
        if node.isNull { return nil }
        guard let bool = node.bool else { throw wrong(path, "true or false") }
        return bool
    }

    static func elements(_ node: JSONNode, _ path: String) throws(ConversationFault) -> [JSONNode] {
        guard let elements = node.elements else { throw wrong(path, "a list") }
        return elements
    }

    static func object(_ node: JSONNode, _ path: String) throws(ConversationFault) -> JSONNode {
        guard node.isObject else { throw wrong(path, "an object") }
        return node
    }

    /// A text that must be there.
    static func required(_ object: JSONNode, _ key: String, _ path: String) throws(ConversationFault) -> JSONString {
        guard let node = object[key], let text = try text(node, "\(path).\(key)") else {
            throw ConversationFault("`\(path).\(key)` is missing: it must be a text", parameter: "\(path).\(key)")
        }
        return text
    }

    static func wrong(_ path: String, _ kind: String) -> ConversationFault {
        ConversationFault("`\(path)` must be \(kind)", parameter: path)
    }

    /// A body that is no object is told before its members are looked at.
    static func body(_ body: JSONNode) throws(ConversationFault) {
        guard body.isObject else { throw ConversationFault("the body must be a JSON object") }
    }
}
