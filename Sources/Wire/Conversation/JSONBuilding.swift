import JSON

extension JSONNode {
    /// A value that is written here, read back; nil when what was written is no JSON.
    package static func written(_ body: (inout JSONWriter) -> Void) -> JSONNode? {
        var writer = JSONWriter()
        body(&writer)
        return try? JSONNode.parse(writer.bytes)
    }
}

extension JSONNode.Member {
    /// A member made up of a key and a value that was read.
    package static func made(_ key: String, _ value: JSONNode) -> JSONNode.Member? {
        let object = JSONNode.written { writer in
            writer.beginObject()
            writer.key(key)
            writer.node(value)
            writer.endObject()
        }
        return object?.members.first
    }
}

/// The arguments of a call for dialects that have them as an object.
package enum ArgumentsObject {
    /// The bytes when they are an object, on one line, as events and lines need them; `{}` for nothing; nil for anything
    /// else.
    ///
    /// Line ends stand between values only: within texts they are spelled with escapes.
    package static func object(_ arguments: [UInt8]) -> [UInt8]? {
        guard arguments.contains(where: { $0 != 0x20 && $0 != 0x0a && $0 != 0x0d && $0 != 0x09 }) else {
            return [0x7b, 0x7d]
        }
        guard let node = try? JSONNode.parse(arguments), node.isObject else { return nil }
        return node.source.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 }
    }

    /// Arguments of an earlier turn, which must not end the conversation when the model broke them: those stand as text
    /// in the member `arguments` of an object.
    package static func wrapped(_ arguments: [UInt8]) -> [UInt8] {
        if let object = object(arguments) { return object }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("arguments")
        writer.string(JSONString(plain: arguments))
        writer.endObject()
        return writer.bytes
    }
}
