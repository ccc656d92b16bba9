import Dialect
import Testing

@Suite struct FormTrapTests {
    private func find(_ body: String, type: String = "multipart/form-data; boundary=X") -> String? {
        let bytes = Array(body.utf8)
        guard case .found(let range) = MultipartModel.find(in: bytes.span, contentType: Array(type.utf8).span) else {
            return nil
        }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    private func part(_ head: String, _ value: String) -> String { "--X\r\n" + head + "\r\n\r\n" + value + "\r\n" }

    private let model = "Content-Disposition: form-data; name=\"model\""
    private let file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg"

    @Test func `the field is found before and after the file`() {
        #expect(find(part(model, "whisper-1") + part(file, "...") + "--X--\r\n") == "whisper-1")
        #expect(find(part(file, "..\r\n.") + part(model, "whisper-1") + "--X--") == "whisper-1")
        #expect(find("preamble\r\n" + part(model, "whisper-1") + "--X--") == "whisper-1")
        #expect(find(part(model, "") + "--X--") == "")
        #expect(find(part("content-disposition:form-data;NAME=model", "m") + "--X \t\r\n") == "m")
        #expect(find(part("Content-Type: text/plain\r\n" + model, "m") + "--X--") == "m")
    }

    @Test(arguments: [
        "multipart/form-data; boundary=\"X\"", "Multipart/Form-Data;charset=utf-8; BOUNDARY=X",
        "multipart/form-data;boundary=X;a=b",
        "multipart/form-data; a=\"; boundary=Y\"; boundary=X",
    ])
    func `the boundary is read as a parameter`(_ type: String) {
        #expect(find(part(model, "m") + "--X--", type: type) == "m")
    }

    @Test(arguments: [
        "", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "application/json",
        "multipart/form-data; boundary=X; boundary=Y", "multipart/form-data; xboundary=X",
        "multipart/form-data; boundary=\"X",
        "multipart/form-data; a=\" boundary=X", "multipart/form-data; boundary=\"\\X\"",
        "multipart/form-data; boundary=Y",
    ])
    func `without one plain boundary there is no field`(_ type: String) {
        #expect(find(part(model, "m") + "--X--", type: type) == nil)
    }

    @Test func `a value that is not yet whole is not there`() {
        let whole = part(model, "whisper-1") + "--X--"
        for count in 0..<(whole.utf8.count - 2) { #expect(find(String(whole.unicodeScalars.prefix(count))) == nil) }
        #expect(find(whole) == "whisper-1")
    }

    @Test func `a delimiter inside a line or a longer word is content`() {
        let trap = "x--X\r\n" + model + "\r\n\r\ncheap\r\n--Xtra\r\n" + model + "\r\n\r\ncheap\r\n"
        #expect(find(part(file, trap) + part(model, "dear") + "--X--") == "dear")
        #expect(find(part(model, "a--X") + "--X--") == "a--X")
        #expect(find(part(model, "a\r\n--Xb") + "--X--") == "a\r\n--Xb")
    }

    @Test func `a name counts only as the parameter of Content-Disposition`() {
        for head in [
            "Content-Type: text/plain; name=\"model\"", "Content-Disposition: form-data; name=\"models\"",
            "Content-Disposition: form-data; filename=\"; name=\\\"model\\\"\"; name=\"file\"",
            "Content-Disposition: form-data; name=\"file\"; filename=\"x; name=model\"",
            "Content-Disposition: form-data; xname=\"model\"", "X: y", "Content-Disposition: form-data",
            "Content-Disposition: form-data; name=\"model\"; name=\"file\"",
        ] {
            #expect(find(part(head, "cheap") + "--X--") == nil, "\(head)")
        }
    }

    @Test func `a form that readers split differently is not read`() {
        // For some the part is empty, for others its value begins with the delimiter.
        #expect(
            find("--X\r\n" + file + "\r\n\r\n--X\r\n" + model + "\r\n\r\ncheap\r\n" + part(model, "dear") + "--X--")
                == nil
        )
        #expect(find("--X\r\n" + model + "\r\n\r\n--X--\r\n--X--") == nil)
    }

    @Test func `nothing behind the last delimiter counts, and two fields are none`() {
        #expect(find("--X--\r\n" + part(model, "m") + "--X--") == nil)
        #expect(find(part(model, "a") + part(model, "b") + "--X--") == nil)
    }
}
