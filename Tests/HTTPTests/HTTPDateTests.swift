import Bytes
import HTTP
import Testing

@Suite struct HTTPDateTests {
    private func seconds(_ text: String, now: Int64 = 0) -> Int64? {
        HTTPDate.secondsSince1970(Array(text.utf8).span, nowSeconds: now)
    }

    @Test func `the three forms of a date say the same`() {
        #expect(seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(seconds("Sunday, 06-Nov-94 08:49:37 GMT", now: 1_700_000_000) == 784_111_777)
        #expect(seconds("Sun Nov  6 08:49:37 1994") == 784_111_777)
        #expect(seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
        #expect(seconds("Thu, 29 Feb 2024 23:59:60 GMT") == 1_709_251_200)
        #expect(seconds("Fri, 31 Dec 9999 23:59:59 GMT") == 253_402_300_799)
        #expect(seconds("Mon, 01 Jan 0001 00:00:00 GMT") == -62_135_596_800)
    }

    @Test func `a year of two digits is not far in the future`() {
        #expect(seconds("Monday, 01-Jan-30 00:00:00 GMT", now: 1_700_000_000) == 1_893_456_000)
        #expect(seconds("Monday, 01-Jan-90 00:00:00 GMT", now: 1_700_000_000) == 631_152_000)
    }

    @Test(arguments: [
        "", ",", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 06 08:49:37 94", "Sun Nov  x 08:49:37 1994", "xxxxxxxxxxxxxxxxxxxxxxxx", "Sunday, ", "Sunday,",
    ])
    func `what is no date is none`(_ text: String) {
        #expect(seconds(text) == nil)
    }
}
