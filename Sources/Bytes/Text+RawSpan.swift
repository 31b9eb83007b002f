extension String {
    /// Calls back with the text's UTF-8, which is valid during the call only.
    ///
    /// There is no property that gives the span: a text of up to 15 bytes lies in the `String` value itself, so the memory would be a
    /// variable of the getter, and optimised builds reuse it before the span is read.
    @inlinable @inline(__always)
    package func withRawSpan<R>(_ body: (RawSpan) -> R) -> R {
        let result = unsafe utf8.withContiguousStorageIfAvailable { unsafe body(RawSpan(_unsafeElements: $0)) }
        // Only texts that Objective-C made lie elsewhere, and there is none here.
        guard let result else { preconditionFailure("a text's UTF-8 does not lie in one piece") }
        return result
    }

    /// Whether both are spelled with the same bytes. `==` is looser: it takes texts that are canonically equivalent for equal.
    @inlinable
    package func hasSameBytes(as other: String) -> Bool {
        // Equal representations are the usual case: short texts, or the same text handed on.
        if unsafe unsafeBitCast(self, to: (UInt64, UInt64).self) == unsafeBitCast(other, to: (UInt64, UInt64).self) {
            return true
        }
        return withRawSpan { $0.equals(other) }
    }
}

extension StaticString {
    /// The text's UTF-8; it lies in the program's image and is always valid.
    @inlinable
    package var rawSpan: RawSpan {
        @_lifetime(immortal)
        get {
            let bytes = unsafe UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: bytes), copying: ())
        }
    }
}
