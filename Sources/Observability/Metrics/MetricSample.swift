/// What one series counts. Confined to a shard.
package protocol MetricSample: AnyObject {
    /// `counter` or `histogram`, as a `# TYPE` line says it.
    static var kind: StaticString { get }
    /// Writes the series.
    func write(_ name: String, _ labels: [UInt8], to page: inout MetricPage)
}

/// A number that only grows. Counting is one addition.
package final class Counter: MetricSample {
    package static var kind: StaticString { "counter" }

    package private(set) var value = 0

    package init() {}

    /// Counts.
    package func add(_ count: Int = 1) { value &+= count }

    package func write(_ name: String, _ labels: [UInt8], to page: inout MetricPage) {
        page.sample(name, "", labels, value)
    }
}

/// How often values fell between bounds, and their sum. Counting is a short search in an array and two additions.
package final class Distribution: MetricSample {
    package static var kind: StaticString { "histogram" }

    /// The shape of distributions: upper bounds and what one of their units is worth in whole numbers.
    package struct Shape: Sendable {
        /// As they are shown, ascending.
        let bounds: [Int]
        /// As they are compared: in the unit of `record`.
        let limits: [Int]
        /// `record`'s unit: so many are one of the unit that is shown.
        let scale: Int

        /// Milliseconds that are shown, nanoseconds that are recorded.
        package static func latencies(_ milliseconds: [Int]) -> Shape { Shape(bounds: milliseconds, scale: 1_000_000) }

        /// Bytes.
        package static let sizes = Shape(bounds: MetricSettings.sizeBuckets, scale: 1)

        /// Bounds beyond the limit are left out, the largest first.
        init(bounds: [Int], scale: Int) {
            let bounds = Array(bounds.prefix(Distribution.boundLimit))
            self.bounds = bounds
            self.scale = scale
            limits = bounds.map { $0.multipliedReportingOverflow(by: scale).overflow ? .max : $0 * scale }
        }
    }

    /// Bounds of one distribution: its buckets lie in the object itself, so that counting needs no look at another one.
    package static let boundLimit = 63

    private let shape: Shape
    private let first: Int
    /// One more than there are bounds: the last one has none.
    private var counts = InlineArray<64, Int>(repeating: 0)
    private var sum = 0

    init(_ shape: Shape) {
        self.shape = shape
        first = shape.limits.first ?? .max
    }

    /// How many values there were.
    package var count: Int { counts.indices.reduce(0) { $0 + counts[$1] } }

    /// Where a value belongs, in any distribution of this shape. Most values lie below the first bound.
    func bucket(of value: Int) -> Int { value <= first ? 0 : Distribution.bucket(of: value, in: shape.limits) }

    /// Takes a value. A bound belongs to the bucket that it ends, as Prometheus wants it.
    package func record(_ value: Int) { record(value, in: bucket(of: value)) }

    /// Takes a value whose bucket is known.
    func record(_ value: Int, in bucket: Int) {
        counts[bucket] &+= 1
        sum &+= value
    }

    /// The first bound that is not below the value; their count where all are.
    static func bucket(of value: Int, in limits: [Int]) -> Int {
        var low = 0
        var high = limits.count
        while low < high {
            let middle = (low &+ high) >> 1
            if limits[middle] < value { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// A distribution without a value is left out, as in daprd.
    package func write(_ name: String, _ labels: [UInt8], to page: inout MetricPage) {
        guard count > 0 else { return }
        var below = 0
        for (index, bound) in shape.bounds.enumerated() {
            below += counts[index]
            page.bucket(name, labels, upTo: MetricNumber.text(Double(bound)), below)
        }
        let total = below + counts[shape.bounds.count]
        page.bucket(name, labels, upTo: "+Inf", total)
        page.sample(name, "_sum", labels, Double(sum) / Double(shape.scale))
        page.sample(name, "_count", labels, total)
    }
}
