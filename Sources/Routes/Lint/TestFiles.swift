import Report

/// Checks a `*.test.yaml` file: its bytes and its name in, what is wrong with it out.
///
/// Handed in, because tests of routes are read above this floor.
package typealias TestFileCheck = @Sendable (_ bytes: [UInt8], _ path: String) -> Problems
