import Glibc

/// Whole pages of memory from the kernel and back to it.
///
/// For buffers that many connections want at the same moment and none keeps: from the allocator they would lie among what
/// stays, and a burst of requests would cost its peak for as long as the process runs. A page is there from its first
/// byte on (mmap(2), MAP_ANONYMOUS). Any thread, one at a time.
package struct Pages: ~Copyable {
    /// The memory; valid as long as this is.
    package let bytes: UnsafeMutableRawBufferPointer
    private let isMapped: Bool

    /// At least `count` bytes, zeros.
    package init(count: Int) {
        let size = (max(count, 1) + 4_095) & ~4_095
        let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        if let memory, memory != MAP_FAILED {
            bytes = UnsafeMutableRawBufferPointer(start: memory, count: size)
            isMapped = true
        } else {
            // More mappings than the kernel allows (vm.max_map_count): the allocator may still have room.
            bytes = .allocate(byteCount: size, alignment: 16)
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            isMapped = false
        }
    }

    deinit {
        if isMapped { munmap(bytes.baseAddress, bytes.count) } else { bytes.deallocate() }
    }
}
