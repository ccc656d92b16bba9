import Bytes
import Dialect
import JSON
import Providers

/// A place in the client's body and what stands there towards the provider.
struct BodyEdit {
    let place: Range<Int>
    let bytes: [UInt8]
    /// By how much the body becomes longer.
    var growth: Int { bytes.count - place.count }
}

// What of the client's body is changed on its way: the model, whether the stream shall count, and a chat made shorter.
extension Exchange {
    /// The edits for this try, in the order of their places; every other byte goes out as it came.
    func bodyEdits(_ body: UnsafeMutableRawBufferPointer) -> [BodyEdit] {
        asksUsage = false
        guard restated?.body == nil else { return [] }
        var edits = restated?.changes ?? []
        if let model = replacement {
            edits.append(BodyEdit(place: request.modelPlace.range, bytes: [0x22] + JSONText.escaped(model) + [0x22]))
        }
        if let place = grant.poolMember, upload == nil {
            edits.append(BodyEdit(place: Self.withComma(place, body), bytes: []))
        }
        if let edit = usageEdit(body) {
            asksUsage = true
            edits.append(edit)
        }
        edits += limitEdits(body)
        if edits.count > 1 { edits.sort { $0.place.lowerBound < $1.place.lowerBound } }
        return edits
    }

    /// A member with the comma that goes with it: the one behind it, or of the last one the one in front of it.
    private static func withComma(_ place: Range<Int>, _ body: UnsafeMutableRawBufferPointer) -> Range<Int> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }
        var end = place.upperBound
        while end < body.count, isSpace(body[end]) { end += 1 }
        if end < body.count, body[end] == 0x2c { return place.lowerBound..<end + 1 }
        var start = place.lowerBound
        while start > 0, isSpace(body[start - 1]) { start -= 1 }
        if start > 0, body[start - 1] == 0x2c { return start - 1..<place.upperBound }
        return place
    }

    /// The model this target must be asked for, when it is not the one in the body.
    private var replacement: [UInt8]? {
        guard !request.modelPlace.isAbsent else { return nil }
        if let model = target?.modelBytes { return model }
        return request.isAliased ? request.model : nil
    }

    /// Asks the provider to count, where the route wants that and the client has not asked.
    private func usageEdit(_ body: UnsafeMutableRawBufferPointer) -> BodyEdit? {
        guard plan.usage == .exact, request.streams, request.mayAskUsage, upload == nil, !body.isEmpty,
            request.format == .chat || request.format == .completions, pool?.provider.kind.takesStreamOptions == true,
            let edit = StreamUsage.edit(body.bindMemory(to: UInt8.self).span, options: request.streamOptions)
        else { return nil }
        var bytes: [UInt8] = []
        for index in 0..<edit.bytes.utf8CodeUnitCount { bytes.append(ASCII.byte(edit.bytes, at: index)) }
        return BodyEdit(place: edit.place, bytes: bytes)
    }

    /// Writes the body up to and including its last edit; answers from where on it is to be sent as it is.
    func putEdited(_ writer: inout ByteWriter, _ body: UnsafeMutableRawBufferPointer) -> Int {
        var start = 0
        for edit in edits {
            writer.put(UnsafeRawBufferPointer(rebasing: body[start..<edit.place.lowerBound]))
            writer.put(edit.bytes)
            start = edit.place.upperBound
        }
        return start
    }

    /// Sends head and body from memory of its own, up to the last edit.
    func sendGathered(_ head: UnsafeRawBufferPointer, _ body: UnsafeMutableRawBufferPointer) {
        pendingHead.reserveCapacity(head.count + body.count)
        pendingHead += head
        pendingBody = 0
        for edit in edits {
            pendingHead += body[pendingBody..<edit.place.lowerBound]
            pendingHead += edit.bytes
            pendingBody = edit.place.upperBound
        }
        pendingHeadStart = 0
        ledger.sentNanoseconds = loop.now
        waitToSend()
        sendPending()
    }
}
