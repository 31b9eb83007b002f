import Foundation
import Loop
import Testing

@Suite struct WatcherTests {
    @Test func `a signal is told to every watcher, on each shard, until it is closed`() async throws {
        let shards = [Shard(name: "test-1"), Shard(name: "test-2")]
        final class Count {
            var value = 0
            var watcher: SignalWatcher?
        }
        for shard in shards {
            let counted = await shard.run { () -> [Int] in
                let count = Count()
                count.watcher = try? SignalWatcher.watch(SIGUSR1, on: EventLoop.current) { count.value += 1 }
                // To this thread, so that it is handled when the call returns: one to the process may still be on its way to a busy
                // thread when the last watcher is closed, and would end the process.
                raise(SIGUSR1)
                await eventually { count.value == 1 }
                let first = count.value
                let other = try? SignalWatcher.watch(SIGUSR1, on: EventLoop.current) {}
                count.watcher?.close()
                count.watcher?.close()
                raise(SIGUSR1)
                try? await EventLoop.current.sleep(for: .milliseconds(20))
                other?.close()
                return [first, count.value]
            }
            #expect(counted == [1, 1])
        }
        for shard in shards {
            shard.stop()
            shard.join()
        }
    }

    @Test func `a signal that cannot be watched is refused`() async {
        let shard = Shard(name: "test")
        let code = await shard.run { () -> Int32 in
            do throws(LoopError) {
                _ = try SignalWatcher.watch(SIGKILL, on: EventLoop.current) {}
                return 0
            } catch {
                return error.code
            }
        }
        #expect(code == -EINVAL)
        shard.stop()
        shard.join()
    }

    @Test func `many changes in a directory are told a few times, and none after closing`() async throws {
        let directory = "/tmp/martlet-test-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let shard = Shard(name: "test")
        let counts = await shard.run { () -> [Int] in
            var count = 0
            guard let watcher = try? FileWatcher.watch(directory, on: EventLoop.current, changed: { count += 1 }) else {
                return []
            }
            for index in 0..<100 {
                _ = FileManager.default.createFile(atPath: "\(directory)/\(index).yaml", contents: nil)
            }
            await eventually { count > 0 }
            let made = count
            rename("\(directory)/1.yaml", "\(directory)/other.yaml")
            await eventually { count > made }
            let renamed = count
            watcher.close()
            _ = FileManager.default.createFile(atPath: "\(directory)/late.yaml", contents: nil)
            try? await EventLoop.current.sleep(for: .milliseconds(20))
            return [made, renamed, count]
        }
        try #require(counts.count == 3)
        #expect((1...20).contains(counts[0]))
        #expect(counts[1] > counts[0])
        #expect(counts[2] == counts[1])
        shard.stop()
        shard.join()
    }

    @Test func `a directory that is not there is refused`() async {
        let shard = Shard(name: "test")
        let text = await shard.run { () -> String in
            do throws(LoopError) {
                _ = try FileWatcher.watch("/no/such/directory", on: EventLoop.current) {}
                return ""
            } catch {
                return error.description
            }
        }
        #expect(text == "watching /no/such/directory: no such file or directory (-2)")
        shard.stop()
        shard.join()
    }

    @Test func `a foreign descriptor tells when it can be read, written, and when it ended`() async throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let (ours, theirs) = (ends[0], ends[1])
        let shard = Shard(name: "test")
        let told = await shard.run { () -> [DescriptorWatcher.Readiness] in
            var told: [DescriptorWatcher.Readiness] = []
            let loop = EventLoop.current
            guard let watcher = try? DescriptorWatcher.watch(ours, on: loop, isReady: { told.append($0) }) else {
                return []
            }
            try? await loop.sleep(for: .milliseconds(10))
            let silent = told.isEmpty
            watcher.watch(for: .write)
            await eventually { !told.isEmpty }
            watcher.watch(for: .read)
            told = silent ? [told[0]] : []
            var byte: UInt8 = 1
            write(theirs, &byte, 1)
            await eventually { told.count > 1 }
            read(ours, &byte, 1)
            watcher.watch(for: [])
            let seen = Array(told.prefix(2))
            told = []
            watcher.watch(for: [.read, .end])
            close(theirs)
            await eventually { told.contains { $0.contains(.end) } }
            let ended = told.contains { $0.contains(.end) }
            watcher.close()
            return ended ? seen : []
        }
        close(ours)
        #expect(told == [.write, .read])
        shard.stop()
        shard.join()
    }
}

@Suite struct LineOutputTests {
    @Test func `lines are appended to a file, from many threads, each whole`() throws {
        let path = "/tmp/martlet-test-\(UInt64.random(in: 0 ... .max)).log"
        defer { unlink(path) }
        let output = try LineOutput.append(to: path)
        let threads = (0..<4).map { index in
            NativeThread.start(name: "writer") {
                let line = [UInt8](repeating: 0x61 + UInt8(index), count: 6_000) + [0x0A]
                for _ in 0..<50 { _ = output.write(line) }
            }
        }
        for thread in threads { thread.join() }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 200)
        #expect(lines.allSatisfy { $0.count == 6_000 && Set($0).count == 1 })
    }

    @Test func `a pipe whose reader stands still refuses lines instead of waiting`() throws {
        let path = "/tmp/martlet-test-\(UInt64.random(in: 0 ... .max)).fifo"
        defer { unlink(path) }
        try #require(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let output = try LineOutput.append(to: path)
        let line = [UInt8](repeating: 0x61, count: 1_000) + [0x0A]
        var taken = 0
        while taken < 1_000, output.write(line) { taken += 1 }
        #expect((10..<200).contains(taken))
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        #expect(read(reader, &buffer, buffer.count) > 0)
        #expect(output.write(line))
    }

    @Test func `a file that cannot be opened says why`() {
        #expect(throws: LoopError.self) { try LineOutput.append(to: "/no/such/directory/a.log") }
    }
}
