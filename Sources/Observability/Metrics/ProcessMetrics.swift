internal import Bytes

/// What the system says about this process, under the names of Prometheus' own clients. Read when somebody scrapes.
package enum ProcessMetrics {
    /// Clock ticks a second in /proc: fixed on every Linux that is supported.
    private static let ticks = 100.0
    private static let pageSize = 4096.0

    /// Adds what can be read; what cannot is left out.
    package static func collect(into page: inout MetricPage) {
        if let facts = facts() {
            one(&page, "process_cpu_seconds_total", "counter", "Total user and system CPU time spent.", facts.cpu)
            one(&page, "process_resident_memory_bytes", "gauge", "Resident memory size.", facts.resident)
            one(&page, "process_virtual_memory_bytes", "gauge", "Virtual memory size.", facts.virtual)
            one(&page, "process_threads", "gauge", "Number of threads.", facts.threads)
            if let boot = bootTime() {
                one(
                    &page, "process_start_time_seconds", "gauge", "Start time since the epoch.",
                    boot + facts.startedAfterBoot)
            }
        }
        if let entries = try? FileSystem.listDirectory("/proc/self/fd") {
            // One of them is the directory itself.
            one(&page, "process_open_fds", "gauge", "Number of open file descriptors.", Double(entries.count - 1))
        }
        if let limit = descriptorLimit() {
            one(&page, "process_max_fds", "gauge", "Maximum number of open file descriptors.", limit)
        }
    }

    private static func one(
        _ page: inout MetricPage, _ name: String, _ kind: StaticString, _ help: String, _ number: Double
    ) {
        page.family(name, kind, help, [([], number)])
    }

    struct Facts: Equatable {
        var cpu: Double
        var virtual: Double
        var resident: Double
        var threads: Double
        var startedAfterBoot: Double
    }

    private static func facts() -> Facts? {
        guard let bytes = try? FileSystem.readFile("/proc/self/stat", limit: 4096) else { return nil }
        return facts(String(decoding: bytes, as: UTF8.self))
    }

    /// Reads the line of /proc/self/stat; the name of the program, in parentheses, may hold anything.
    static func facts(_ line: String) -> Facts? {
        guard let end = line.lastIndex(of: ")") else { return nil }
        // Field 3 of proc(5) is the first one here.
        let fields = line[line.index(after: end)...].split { $0 == " " || $0 == "\n" }
        func number(_ field: Int) -> Double? { fields.indices.contains(field - 3) ? Double(fields[field - 3]) : nil }
        guard let user = number(14), let system = number(15), let threads = number(20), let start = number(22),
            let virtual = number(23), let resident = number(24)
        else { return nil }
        return Facts(
            cpu: (user + system) / ticks, virtual: virtual, resident: resident * pageSize, threads: threads,
            startedAfterBoot: start / ticks)
    }

    private static func bootTime() -> Double? {
        guard let bytes = try? FileSystem.readFile("/proc/stat", limit: 1 << 20) else { return nil }
        for line in bytes.split(separator: 0x0A) where line.starts(with: Array("btime ".utf8)) {
            return Double(String(decoding: line.dropFirst(6), as: UTF8.self))
        }
        return nil
    }

    private static func descriptorLimit() -> Double? {
        guard let bytes = try? FileSystem.readFile("/proc/self/limits", limit: 1 << 16) else { return nil }
        for line in bytes.split(separator: 0x0A) where line.starts(with: Array("Max open files".utf8)) {
            let words = line.split(separator: 0x20)
            return words.count > 3 ? Double(String(decoding: words[3], as: UTF8.self)) : nil
        }
        return nil
    }
}
