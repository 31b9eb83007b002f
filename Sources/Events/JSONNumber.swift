internal import Bytes

/// The grammar of JSON numbers.
package enum JSONNumber {
    private enum State { case sign, zero, whole, point, fraction, exponent, exponentSign, power }

    /// The length of the longest number at the beginning of a text; `nil` where none begins there or one breaks off (`1.`, `-`, `2e+`).
    package static func length(_ text: RawSpan) -> Int? {
        var state = State.sign
        var offset = 0
        if text.byteCount > 0, text[0] == 0x2D { offset = 1 }
        while offset < text.byteCount {
            let byte = text[offset]
            let isDigit = ASCII.isDigit(byte)
            switch (state, byte) {
            case (.sign, 0x30): state = .zero
            case (.sign, _) where isDigit: state = .whole
            case (.whole, _) where isDigit, (.fraction, _) where isDigit, (.power, _) where isDigit: break
            case (.zero, 0x2E), (.whole, 0x2E): state = .point
            case (.point, _) where isDigit: state = .fraction
            case (.zero, 0x65), (.zero, 0x45), (.whole, 0x65), (.whole, 0x45), (.fraction, 0x65), (.fraction, 0x45):
                state = .exponent
            case (.exponent, 0x2B), (.exponent, 0x2D): state = .exponentSign
            case (.exponent, _) where isDigit, (.exponentSign, _) where isDigit: state = .power
            default: return isComplete(state) ? offset : nil
            }
            offset += 1
        }
        return isComplete(state) ? offset : nil
    }

    private static func isComplete(_ state: State) -> Bool {
        switch state {
        case .zero, .whole, .fraction, .power: true
        case .sign, .point, .exponent, .exponentSign: false
        }
    }
}
