import Bytes
import JSON

/// OpenAI's form of an error: `{"error":{"message","type","param","code"}}`.
package enum ErrorBody {
    /// Writes the object.
    package static func write(
        _ writer: inout ByteWriter,
        message: String,
        type: String,
        param: String?,
        code: String
    ) {
        writer.put("{\"error\":{\"message\":\"")
        JSONText.escape(Array(message.utf8).span, into: &writer)
        writer.put("\",\"type\":\"")
        JSONText.escape(Array(type.utf8).span, into: &writer)
        writer.put("\",\"param\":")
        if let param {
            writer.put("\"")
            JSONText.escape(Array(param.utf8).span, into: &writer)
            writer.put("\"")
        } else {
            writer.put("null")
        }
        writer.put(",\"code\":\"")
        JSONText.escape(Array(code.utf8).span, into: &writer)
        writer.put("\"}}")
    }

    /// Writes it as an event of a stream, which makes OpenAI's libraries raise an error.
    package static func writeEvent(
        _ writer: inout ByteWriter,
        message: String,
        type: String,
        param: String?,
        code: String
    ) {
        writer.put("data: ")
        write(&writer, message: message, type: type, param: param, code: code)
        writer.put("\n\n")
    }
}
