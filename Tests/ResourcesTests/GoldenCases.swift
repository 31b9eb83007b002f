import Foundation
import Testing

/// The recorded exchanges of daprd that concern resources, where the repository has them.
struct GoldenCase: CustomTestStringConvertible {
    let name: String
    private let json: [String: Any]

    var testDescription: String { name }
    var files: [String: String] { json["resources"] as? [String: String] ?? [:] }
    var otherFiles: [String: String] { json["files"] as? [String: String] ?? [:] }
    var configuration: String? { json["config"] as? String }
    var environment: [String: String] { json["env"] as? [String: String] ?? [:] }
    var appID: String { json["app_id"] as? String ?? "golden" }
    var exitTexts: [String] { (json["exit"] as? [String: Any])?["stderr_or_stdout_contains"] as? [String] ?? [] }
    var isExit: Bool { json["exit"] != nil }
    var logs: [(scope: String, message: String)] {
        (json["startup_logs"] as? [[String: Any]] ?? []).compactMap { line in
            guard let message = line["msg"] as? String else { return nil }
            return (line["scope"] as? String ?? "", message)
        }
    }

    /// The parsed bodies of `GET /v1.0/metadata`, ports replaced by a number.
    var metadata: [[String: Any]] {
        (json["steps"] as? [[String: Any]] ?? []).compactMap { step in
            guard let request = step["request"] as? [String: Any], request["path"] as? String == "/v1.0/metadata",
                let body = (step["response"] as? [String: Any])?["body"] as? String
            else { return nil }
            let plain = body.replacingOccurrences(of: "<app-port>", with: "1")
            return (try? JSONSerialization.jsonObject(with: Data(plain.utf8))) as? [String: Any]
        }
    }

    var app: [String: Any]? { json["app"] as? [String: Any] }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden/cases")

    static var arePresent: Bool { FileManager.default.fileExists(atPath: path("resources-errors")) }

    private static func path(_ file: String) -> String {
        let folder = ProcessInfo.processInfo.environment["GOLDEN_CASES"] ?? folder.path
        return "\(folder)/\(file).json"
    }

    static func all(_ file: String) -> [GoldenCase] {
        guard let data = FileManager.default.contents(atPath: path(file)),
            let json = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let cases = json["cases"] as? [[String: Any]]
        else { return [] }
        return cases.map { GoldenCase(name: $0["name"] as? String ?? "", json: $0) }
    }
}

extension GoldenCase: @unchecked Sendable {}

/// A folder that is gone after the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "resources-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        let file = path + "/" + name
        let folder = (file as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
    }
}
