import Foundation
import Loop
import Messaging
import TLS
import TestServers
import Testing

@testable import RedisClient

/// Remembers the end of a connection.
final class Owner: RedisConnectionOwner {
    var failure: RedisFailure?
    func connectionEnded(_ connection: RedisConnection, _ failure: RedisFailure) { self.failure = failure }
}

/// Collects replies.
final class Replies: RedisCompletion {
    var results: [(RedisResult, UInt64)] = []
    func replied(_ result: RedisResult, token: UInt64) { results.append((result, token)) }
}

/// Runs work on a shard of its own.
func onShard<R: Sendable>(_ body: @escaping @Sendable () async -> R) async -> R {
    let shard = Shard(name: "test")
    let result = await shard.run(body)
    shard.stop()
    shard.join()
    return result
}

@Suite(.serialized) struct RedisConnectionTests {
    @Test func `commands of a turn are answered in order`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        let settings = RedisConnectionSettings(endpoint: server.endpoint, database: 3, clientName: "martlet:test")
        let (tokens, name, id) = await onShard { () -> ([UInt64], String, Int) in
            let loop = EventLoop.current
            let owner = Owner()
            guard let connection = try? await RedisConnection.open(settings, on: loop, owner: owner) else {
                return ([], "", 0)
            }
            let replies = Replies()
            for token in 0..<1000 {
                connection.send(replies, token: UInt64(token), timeout: .seconds(3)) { output in
                    output.begin("ECHO", arguments: 1)
                    output.argument(token)
                }
            }
            let name = try? await connection.call(["CLIENT", "GETNAME"], timeout: .seconds(3))
            let tokens = replies.results.compactMap { result, token -> UInt64? in
                guard case .reply(.bulk(let bytes)) = result, bytes == Array(String(token).utf8) else { return nil }
                return token
            }
            connection.close()
            return (tokens, name?.bytes.map { String(decoding: $0, as: UTF8.self) } ?? "", connection.clientID)
        }
        #expect(tokens == Array(0..<1000))
        #expect(name == "martlet:test")
        #expect(id > 0)
    }

    @Test(arguments: [
        (RedisFailure.Kind.refused, "NOAUTH", "", ""), (.refused, "WRONGPASS", "", "no"),
        (.refused, "WRONGPASS", "me", "secret"),
    ])
    func `credentials that are refused are named without the password`(
        kind: RedisFailure.Kind, word: String, user: String, password: String
    ) async throws {
        let server = try RedisServer(arguments: ["--requirepass", "secret"])
        let settings = RedisConnectionSettings(endpoint: server.endpoint, username: user, password: password)
        let failure = await failureOfOpening(settings)
        #expect(failure?.kind == kind)
        #expect(failure?.reason.contains(word) == true)
        #expect(failure?.reason.contains("127.0.0.1:\(server.port)") == true)
        #expect(failure?.reason.contains("secret") == false)
        let good = RedisConnectionSettings(endpoint: server.endpoint, password: "secret")
        #expect(await failureOfOpening(good) == nil)
    }

    @Test func `nobody listening, no such name and no answer are told apart`() async throws {
        let refused = await failureOfOpening(
            RedisConnectionSettings(endpoint: .tcp(host: "127.0.0.1", port: UInt16(try FreePort.take()))))
        #expect(refused?.kind == .unavailable)
        #expect(refused?.reason.contains("connection refused") == true)
        let nameless = await failureOfOpening(
            RedisConnectionSettings(endpoint: .tcp(host: "no-such-host.invalid", port: 1)))
        #expect(nameless?.kind == .unavailable || nameless?.kind == .timeout)
        let server = try RedisServer()
        defer { server.kill() }
        server.setStopped(true)
        let silent = await failureOfOpening(
            RedisConnectionSettings(endpoint: server.endpoint, connectTimeout: .milliseconds(200)))
        server.setStopped(false)
        #expect(silent?.kind == .timeout)
    }

    @Test func `a passed deadline ends the connection, written commands are unknown and unwritten ones not sent`()
        async throws
    {
        let server = try RedisServer()
        defer { server.kill() }
        let settings = RedisConnectionSettings(endpoint: server.endpoint)
        let (outcomes, ended, elapsed) = await onShard { () -> ([Bool], RedisFailure.Kind?, Duration) in
            let loop = EventLoop.current
            let owner = Owner()
            guard let connection = try? await RedisConnection.open(settings, on: loop, owner: owner) else {
                return ([], nil, .zero)
            }
            server.setStopped(true)
            let start = loop.now
            let replies = Replies()
            for token: UInt64 in 0..<2 {
                connection.send(replies, token: token, timeout: .milliseconds(200)) { $0.begin("PING", arguments: 0) }
            }
            for _ in 0..<200 where owner.failure == nil { try? await loop.sleep(for: .milliseconds(10)) }
            let elapsed = loop.now.elapsed(since: start)
            let outcomes = replies.results.map { result, _ -> Bool in
                if case .failed(let failure) = result { return failure.wasWritten }
                return false
            }
            return (outcomes, owner.failure?.kind, elapsed)
        }
        server.setStopped(false)
        #expect(outcomes == [true, true])
        #expect(ended == .timeout)
        #expect(elapsed < .seconds(1))
    }

    @Test func `what was not written when the connection is closed was not sent`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        let settings = RedisConnectionSettings(endpoint: server.endpoint)
        let outcomes = await onShard { () -> [Bool] in
            let loop = EventLoop.current
            let owner = Owner()
            guard let connection = try? await RedisConnection.open(settings, on: loop, owner: owner) else { return [] }
            let replies = Replies()
            connection.send(replies, timeout: .seconds(1)) { $0.begin("PING", arguments: 0) }
            connection.turnEnded()
            connection.send(replies, timeout: .seconds(1)) { $0.begin("PING", arguments: 0) }
            connection.close()
            return replies.results.map { result, _ -> Bool in
                if case .failed(let failure) = result { return failure.wasWritten }
                return false
            }
        }
        #expect(outcomes == [true, false])
    }

    @Test func `a server that is killed ends the connection`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        let settings = RedisConnectionSettings(endpoint: server.endpoint)
        let ended = await onShard { () -> RedisFailure? in
            let loop = EventLoop.current
            let owner = Owner()
            let connection = try? await RedisConnection.open(settings, on: loop, owner: owner)
            server.kill()
            for _ in 0..<200 where owner.failure == nil { try? await loop.sleep(for: .milliseconds(10)) }
            connection?.close()
            return owner.failure
        }
        #expect(ended?.kind == .unavailable)
    }

    @Test(arguments: [(15, true), (3, false)])
    func `a reply that comes slowly is waited for, one that stands still is not`(
        pieces: Int, arrives: Bool
    ) async throws {
        let outcome = await onShard { () -> String in
            let loop = EventLoop.current
            guard let server = try? DribblingServer(pieces: pieces) else { return "no server" }
            defer { server.close() }
            let settings = RedisConnectionSettings(endpoint: .tcp(host: "127.0.0.1", port: server.port))
            do throws(RedisFailure) {
                let connection = try await RedisConnection.open(settings, on: loop, owner: Owner())
                let reply = try await connection.call(["GET", "x"], timeout: .milliseconds(300))
                connection.close()
                return "\(reply.bytes?.count ?? -1)"
            } catch {
                return "\(error.kind)"
            }
        }
        #expect(outcome == (arrives ? "1500" : "timeout"))
    }

    private func failureOfOpening(_ settings: RedisConnectionSettings) async -> RedisFailure? {
        await onShard {
            do throws(RedisFailure) {
                let connection = try await RedisConnection.open(settings, on: EventLoop.current, owner: Owner())
                connection.close()
                return nil
            } catch {
                return error
            }
        }
    }
}
