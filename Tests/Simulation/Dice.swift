/// Random numbers that follow from a seed: xoshiro256**, seeded by SplitMix64 (Blackman and Vigna).
package final class Dice: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var mixer = seed
        func word() -> UInt64 {
            mixer &+= 0x9E37_79B9_7F4A_7C15
            var mixed = mixer
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
        state = (word(), word(), word(), word())
    }

    package func next() -> UInt64 {
        let product = state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }

    /// From zero up to but not including a bound.
    package func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    /// A number of a range.
    package func from(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    /// True in so many of a thousand cases.
    package func chance(_ perMille: Int) -> Bool { perMille > 0 && below(1000) < perMille }

    /// One of a list.
    package func pick<T>(_ list: [T]) -> T { list[below(list.count)] }

    /// One of a list of values with weights.
    package func pick<T>(weighted list: [(weight: Int, value: T)]) -> T {
        var rest = below(max(list.reduce(0) { $0 + $1.weight }, 1))
        for one in list {
            if rest < one.weight { return one.value }
            rest -= one.weight
        }
        return list[list.count - 1].value
    }

    /// Milliseconds of a range, short ones as often as long ones: evenly spread over its orders of magnitude.
    package func milliseconds(_ range: ClosedRange<Int>) -> Int {
        var upper = max(range.lowerBound, 1)
        var steps: [Int] = []
        while upper < range.upperBound {
            steps.append(upper)
            upper *= 4
        }
        guard !steps.isEmpty else { return range.lowerBound }
        let lower = steps[below(steps.count)]
        return from(lower...min(lower * 4, range.upperBound))
    }
}
